import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, annotation, frame, nodes, seriesOf, variable } from './frame.ts';
import { addAudit, addCost } from './node-audit.ts';
import { addNodeHurt } from './node-hurt.ts';
import { addConnects, addConntrack, addListenQueues } from './node-network.ts';
import { SUBJECT } from './node-selectors.ts';
import { addCgroups, addWorkers } from './node-workers.ts';
import { GATEWAY } from './panels.ts';

/** "Gateways / Node, TCP and workers": does the node hurt a gateway, by its queues, tables, processes or limits? */
export function node(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Node, TCP and workers',
      'badgateway-node',
      'Does the node hurt a gateway: listen queues, connects, connection tracking, nginx workers, memory and CPU. Made by badgateway.',
    ),
    'badgateway_(workers|memory_working_set_bytes)',
  )
    .withVariable(
      variable(
        'pod',
        'Pod',
        // Networks have no gateway: with one chosen its pods are left.
        `label_values(${seriesOf('badgateway_(workers|memory_working_set_bytes|tcp_connections)', GATEWAY)}, pod)`,
      ),
    )
    .withVariable(nodes())
    .annotation(
      annotation(
        'Worker crashes',
        `sum by (gateway, pod) (increase(badgateway_worker_respawns_total{${SUBJECT}}[2m])) > 0`,
        'a worker of {{gateway}} {{pod}} crashed',
      ),
    )
    .annotation(
      annotation(
        'OOM kills',
        `sum by (namespace, pod, container) (increase(badgateway_oom_kills_total{${SUBJECT}}[2m])) > 0`,
        '{{pod}} {{container}}: a process was killed for memory',
      ),
    );
  for (const add of [
    addNodeHurt,
    addListenQueues,
    addConnects,
    addConntrack,
    addWorkers,
    addCgroups,
    addAudit,
    addCost,
  ])
    add(dashboard);
  return dashboard.build();
}
