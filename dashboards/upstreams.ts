import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, annotation, frame, nodes } from './frame.ts';
import { GATEWAY as G } from './panels.ts';
import { addReplicas, addRollouts, addSight } from './upstreams-changes.ts';
import { addEndpoints, addTruth } from './upstreams-endpoints.ts';

/** "Gateways / Upstream truth": do proxies send where the cluster is, how soon do they follow, and does badgateway see it? */
export function upstreams(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Upstream truth',
      'badgateway-upstreams',
      'Do proxies send where the cluster is: addresses in use compared with EndpointSlices, replicas, reloads and rollouts. Made by badgateway.',
    ),
    'badgateway_upstream_endpoints',
  )
    .withVariable(nodes())
    .annotation(
      annotation(
        'Foreign addresses',
        `sum by (gateway, pod, upstream) (badgateway_upstream_endpoints{${G},state="foreign"}) > 0`,
        '{{pod}} sends {{upstream}} to another Service',
      ),
    );
  for (const add of [addTruth, addEndpoints, addReplicas, addRollouts, addSight]) add(dashboard);
  return dashboard.build();
}
