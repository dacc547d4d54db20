import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { failuresByCause } from './causes.ts';
import { GATEWAY as G, lines, number, QUIET, stackedBars, summary, table } from './panels.ts';

const TO_TRIAGE = {
  title: '5xx triage of this cause',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable.
  url: '/d/badgateway-triage/gateways-5xx-triage?var-cause=${__field.labels.cause}&${__url_time_range}',
};

export function addHurt(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Is anyone hurt?'))
    .withPanel(
      number(
        {
          title: '502, 503, 504 of all answers',
          description:
            'Share of the answers to clients, from metrics with a status code. Empty when only error logs are read: attempts are not answers.',
          unit: 'percentunit',
          width: 4,
          noValue: 'no status codes',
        },
        `sum(rate(badgateway_requests_total{${G},code=~"502|503|504"}[$__rate_interval])) / (sum(rate(badgateway_requests_total{${G}}[$__rate_interval])) > 0)`,
        0.01,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Failures in the time range',
          description:
            'Failed upstream attempts and errors made by the gateways themselves, each once. A retry may have hidden an attempt from the client.',
          unit: 'short',
          width: 4,
        },
        `sum(increase(badgateway_failures_total{${G},cause=~"$cause"}[$__range]))`,
        1,
      ),
    )
    .withPanel(
      number(
        {
          title: 'Error budget spent',
          description:
            'Of the errors that the objective (99.9 %) allows in three days, the share that was made in the last three, by the gateway that is worst off.',
          unit: 'percentunit',
          width: 4,
          noValue: 'no status codes',
        },
        `max(gateway:badgateway_error_budget_burn:ratio3d{${G}})`,
        1,
      ),
    )
    .withPanel(
      table(
        {
          title: 'Firing alerts',
          description: 'Alerts of badgateway that fire now; the runbook of each is docs/runbooks/ALERTNAME.md.',
          unit: 'short',
          width: 12,
          height: 6,
          noValue: QUIET,
        },
        `sort_desc(sum by (alertname, severity, namespace, gateway, instance) (ALERTS{component="badgateway",alertstate="firing",gateway=~"$gateway|"}))`,
        ['alertname', 'severity', 'namespace', 'gateway', 'instance'],
      ),
    );
}

export function addWhy(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Where and why'))
    .withPanel(
      summary(
        {
          title: 'Gateways',
          description:
            'Requests, errors and duration of each gateway, and how many attempts failed in the time range. A click on a gateway leads to its triage.',
          unit: 'short',
          width: 24,
          height: 5,
          noValue: 'no gateway is seen',
          link: {
            title: '5xx triage of this gateway',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable.
            url: '/d/badgateway-triage/gateways-5xx-triage?var-namespace=${__data.fields.namespace}&var-gateway=${__data.fields.gateway}&${__url_time_range}',
          },
        },
        ['namespace', 'gateway'],
        [
          {
            name: 'failures',
            expr: `sum by (namespace, gateway) (increase(badgateway_failures_total{${G},cause=~"$cause"}[$__range]))`,
            unit: 'short',
            limit: 1,
          },
          {
            name: 'requests/s',
            expr: `sum by (namespace, gateway) (gateway:badgateway_requests:rate5m{${G}})`,
            unit: 'reqps',
          },
          {
            name: '5xx',
            expr: `max by (namespace, gateway) (gateway:badgateway_server_errors_per_request:ratio_rate5m{${G}})`,
            unit: 'percentunit',
            limit: 0.01,
          },
          {
            name: 'p95',
            expr: `max by (namespace, gateway) (gateway_proxy:badgateway_request_duration_seconds:p95_rate5m{${G}} >= 0)`,
            unit: 's',
            limit: 0.5,
          },
          {
            name: 'open incidents',
            expr: `sum by (namespace, gateway) (badgateway_incidents_open{${G}})`,
            unit: 'short',
            limit: 1,
          },
        ],
      ),
    )
    .withPanel(failuresByCause({ width: 14, link: TO_TRIAGE }, ',cause=~"$cause"'))
    .withPanel(
      table(
        {
          title: 'Worst upstreams and causes',
          description:
            'The ten most frequent pairs in the time range. An empty upstream is one that the log line did not name.',
          unit: 'short',
          width: 10,
          height: 8,
          noValue: QUIET,
        },
        `topk(10, sum by (gateway, upstream, upstream_namespace, upstream_service, cause) (increase(badgateway_failures_total{${G},cause=~"$cause"}[$__range])) > 0)`,
        ['gateway', 'upstream', 'upstream_namespace', 'upstream_service', 'cause'],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Open incidents by root cause',
          description:
            'What belongs together is one incident; an empty cause is a bad state without a failed request. The page of badgateway has the evidence.',
          unit: 'short',
          width: 24,
          noValue: QUIET,
        },
        [{ expr: `sum by (gateway, cause) (badgateway_incidents_open{${G}})`, legend: '{{gateway}} {{cause}}' }],
      ),
    );
}

export function addTraffic(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Traffic'))
    .withPanel(
      stackedBars(
        {
          title: 'Answers by code',
          description: 'Answers to clients per second by status code or class (Envoy).',
          unit: 'reqps',
          width: 6,
          noValue: 'no status codes',
        },
        { expr: `sum by (code) (rate(badgateway_requests_total{${G}}[$__rate_interval]))`, legend: '{{code}}' },
      ),
    )
    .withPanel(
      lines(
        {
          title: '502, 503, 504 by gateway',
          description: 'Share of the answers per gateway and code; GatewayErrorRatioHigh fires above 1 %.',
          unit: 'percentunit',
          width: 6,
          noValue: 'no status codes',
        },
        [
          {
            expr: `gateway_proxy_code:badgateway_requests_per_request:ratio_rate5m{${G}}`,
            legend: '{{gateway}} {{code}}',
          },
        ],
        0.01,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'nginx requests',
          description: 'Requests per second from stub_status, of any code.',
          unit: 'reqps',
          width: 6,
          noValue: 'no stub_status',
        },
        [
          {
            expr: `sum by (gateway) (rate(badgateway_nginx_requests_total{${G}}[$__rate_interval]))`,
            legend: '{{gateway}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Envoy circuit breakers in use',
          description: 'Use of the limits of each cluster; at 100 % Envoy answers 503 (circuit_open).',
          unit: 'percentunit',
          width: 6,
          noValue: 'no Envoy',
        },
        [
          {
            expr: `topk(10, gateway_upstream_breaker:badgateway_envoy_cluster_active_per_limit:ratio_max{${G}})`,
            legend: '{{upstream}} {{breaker}}',
          },
        ],
        0.9,
      ),
    );
}
