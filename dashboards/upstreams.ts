import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { annotation, frame, variable } from './frame.ts';
import { GATEWAY as G } from './panels.ts';
import { addReplicas, addRollouts, addSight } from './upstreams-changes.ts';
import { addEndpoints, addTruth } from './upstreams-endpoints.ts';

/** "Gateways / Upstream truth": do proxies send where the cluster is, how soon do they follow, and does badgateway see it? */
export function upstreams(): Dashboard {
  const dashboard = frame(
    'Gateways / Upstream truth',
    'badgateway-upstreams',
    'Do proxies send where the cluster is: addresses in use compared with EndpointSlices, replicas, reloads and rollouts. Made by badgateway.',
  )
    .withVariable(variable('namespace', 'Namespace', 'label_values(badgateway_upstream_endpoints, namespace)'))
    .withVariable(
      variable('gateway', 'Gateway', 'label_values(badgateway_upstream_endpoints{namespace=~"$namespace"}, gateway)'),
    )
    .withVariable(variable('node', 'Node', 'label_values(up{job="badgateway"}, node)'))
    .annotation(
      annotation(
        'Reloads',
        `sum by (gateway, pod, kind) (increase(badgateway_gateway_config_reloads_total{${G}}[2m])) > 0`,
        '{{pod}} reloaded ({{kind}})',
      ),
    )
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
