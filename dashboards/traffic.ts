import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { addGateways, annotation, frame } from './frame.ts';
import { GATEWAY as G } from './panels.ts';
import { addAnswers, addBudget } from './traffic-answers.ts';
import { addAttempts, addConnections, addSight, addTime } from './traffic-upstreams.ts';

/** "Gateways / Traffic": what do clients get, what does it take, and is the objective kept? */
export function traffic(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Traffic',
      'badgateway-traffic',
      'What clients get and what it takes: codes, budgets, latency, attempts and connections, from access logs. Made by badgateway.',
    ),
    'badgateway_requests_total|badgateway_request_duration_seconds_count',
  ).annotation(
    annotation(
      'Pages of budgets',
      `max by (gateway, upstream_service) (ALERTS{alertname=~"Gateway(Service)?ErrorBudgetBurn",alertstate="firing",severity="critical",${G}})`,
      'budget of {{gateway}} {{upstream_service}}',
    ),
  );
  for (const add of [addAnswers, addBudget, addTime, addAttempts, addConnections, addSight]) add(dashboard);
  return dashboard.build();
}
