import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, lines, number, QUIET, stackedBars, table } from './panels.ts';

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
          width: 6,
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
          width: 6,
        },
        `sum(increase(badgateway_failures_total{${G},cause=~"$cause"}[$__range]))`,
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
      stackedBars(
        {
          title: 'Failures by cause',
          description: 'Each failure once, under its cause; the bars add up to all failures.',
          unit: 'short',
          width: 14,
          noValue: QUIET,
        },
        {
          expr: `sum by (cause) (increase(badgateway_failures_total{${G},cause=~"$cause"}[$__rate_interval])) > 0`,
          legend: '{{cause}}',
        },
      ),
    )
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
          width: 8,
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
          width: 8,
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
          width: 8,
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
          title: 'nginx connections',
          description: 'Client connections by state; upstream connections are not among them.',
          unit: 'short',
          width: 8,
          noValue: 'no stub_status',
        },
        [{ expr: `sum by (gateway, state) (badgateway_nginx_connections{${G}})`, legend: '{{gateway}} {{state}}' }],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Envoy circuit breakers in use',
          description: 'Use of the limits of each cluster; at 100 % Envoy answers 503 (circuit_open).',
          unit: 'percentunit',
          width: 8,
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
    )
    .withPanel(
      lines(
        {
          title: 'Envoy hosts without health',
          description: 'Hosts of each cluster that Envoy does not use, as it lists them.',
          unit: 'short',
          width: 8,
          noValue: 'no Envoy',
        },
        [
          {
            expr: `max by (gateway, upstream) (badgateway_envoy_cluster_members{${G},state="total"}) - max by (gateway, upstream) (badgateway_envoy_cluster_members{${G},state="healthy"})`,
            legend: '{{gateway}} {{upstream}}',
          },
        ],
      ),
    );
}
