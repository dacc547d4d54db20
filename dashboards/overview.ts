import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, annotation, frame, nodes, variable } from './frame.ts';
import { addHurt, addTraffic, addWhy } from './overview-gateways.ts';
import { addKernel, addObserver, addPods } from './overview-resources.ts';
import { GATEWAY as G } from './panels.ts';

/** "Gateways / Overview": is anyone hurt, where, and why? */
export function overview(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Overview',
      'badgateway-overview',
      'Is anyone hurt, where, and why: failures of NGINX and Envoy gateways by cause. Made by badgateway.',
    ),
    'badgateway_failures_total',
  )
    .withVariable(variable('cause', 'Cause', 'label_values(badgateway_failures_total, cause)'))
    .withVariable(nodes())
    .annotation(
      annotation(
        'badgateway starts',
        'changes(process_start_time_seconds{job="badgateway"}[2m]) > 0',
        'badgateway started on {{instance}}',
      ),
    )
    .annotation(
      annotation(
        'Log lines lost',
        `increase(badgateway_log_loss_events_total{${G}}[2m]) > 0`,
        'log of {{gateway}} lost: {{reason}}',
      ),
    );
  for (const add of [addHurt, addWhy, addTraffic, addKernel, addPods, addObserver]) add(dashboard);
  return dashboard.build();
}
