import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, lines, stackedBars } from './panels.ts';

const NO_LOG = 'no status codes';
const NO_SERVICE = 'no access log, or no Service is known';

export function addAnswers(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('What do clients get?'))
    .withPanel(
      stackedBars(
        {
          title: 'Answers by code',
          description:
            'Answers to clients per second by status code; Envoy without an access log tells classes (2xx) and the exact code of 502, 503 and 504 only.',
          unit: 'reqps',
          width: 8,
          noValue: NO_LOG,
        },
        { expr: `sum by (code) (rate(badgateway_requests_total{${G}}[$__rate_interval]))`, legend: '{{code}}' },
      ),
    )
    .withPanel(
      lines(
        {
          title: '5xx by gateway',
          description:
            'Share of the answers that are 5xx, all codes together; GatewayServerErrorsHigh fires above 1 %.',
          unit: 'percentunit',
          width: 8,
          noValue: NO_LOG,
        },
        [
          {
            expr: `gateway:badgateway_server_errors_per_request:ratio_rate5m{${G}}`,
            legend: '{{namespace}} {{gateway}}',
          },
        ],
        0.01,
      ),
    )
    .withPanel(
      lines(
        {
          title: '5xx by Service',
          description:
            'Share of the answers that are 5xx by the Service that was asked last, the ten worst; GatewayServiceErrorsHigh fires above 1 %.',
          unit: 'percentunit',
          width: 8,
          noValue: NO_SERVICE,
        },
        [
          {
            expr: `topk(10, gateway_service:badgateway_server_errors_per_request:ratio_rate5m{${G}})`,
            legend: '{{gateway}} {{upstream_namespace}}/{{upstream_service}}',
          },
        ],
        0.01,
      ),
    );
}

export function addBudget(dashboard: DashboardBuilder): void {
  const burn = (level: string, window: string) => `${level}:badgateway_error_budget_burn:ratio${window}{${G}}`;
  const within = `gateway_service:badgateway_failures_during_rollout:rate1h{${G}}`;
  const outside = `gateway_service:badgateway_failures_outside_rollout:rate1h{${G}}`;
  dashboard
    .withRow(new RowBuilder('Is the objective kept?'))
    .withPanel(
      lines(
        {
          title: 'Error budget burn by gateway',
          description:
            'How many times more 5xx than the objective (99.9 %) allows, over 5 min, 1 h, 6 h and 3 d. Pages above 14.4 (1 h) and 6 (6 h), a ticket above 1 (3 d).',
          unit: 'short',
          width: 8,
          noValue: NO_LOG,
        },
        ['5m', '1h', '6h', '3d'].map((window) => ({ expr: burn('gateway', window), legend: `{{gateway}} ${window}` })),
        14.4,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Error budget burn by Service',
          description: 'The same for requests by the Service that was asked last, over 1 h and 6 h; the five worst.',
          unit: 'short',
          width: 8,
          noValue: NO_SERVICE,
        },
        ['1h', '6h'].map((window) => ({
          expr: `topk(5, ${burn('gateway_service', window)})`,
          legend: `{{gateway}} {{upstream_service}} ${window}`,
        })),
        14.4,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Failures within and outside rollouts',
          description:
            'Failures per second of rollout and per second without one, over an hour; GatewayFailsInRollouts fires when most fall within.',
          unit: 'ops',
          width: 8,
          noValue: 'no Service was rolled out',
        },
        [
          { expr: within, legend: '{{gateway}} {{upstream_service}} within' },
          { expr: outside, legend: '{{gateway}} {{upstream_service}} outside' },
        ],
      ),
    );
}
