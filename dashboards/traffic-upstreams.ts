import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { GATEWAY as G, heatmap, lines, QUIET, stackedBars, table } from './panels.ts';

const NO_LOG = 'no access log';
const REQUEST_BUCKETS = `gateway_proxy_le:badgateway_request_duration_seconds_bucket:rate5m{${G}}`;
const UPSTREAM_BUCKETS = `gateway_upstream_le:badgateway_upstream_duration_seconds_bucket:rate5m{${G}}`;
const UPSTREAM = '{{gateway}} {{upstream}} {{upstream_service}}';

export function addTime(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('How long does it take?'))
    .withPanel(
      lines(
        {
          title: 'Requests: p50, p95, p99',
          description:
            'From the first byte of a request to the last byte of its answer, by gateway; GatewayLatencyHigh fires when p95 is above 500 ms. Between the bounds of buckets it is estimated.',
          unit: 's',
          width: 8,
          noValue: NO_LOG,
        },
        [0.5, 0.95, 0.99].map((q) => ({
          expr: `histogram_quantile(${q}, sum by (namespace, gateway, le) (${REQUEST_BUCKETS}))`,
          legend: `{{gateway}} p${q * 100}`,
        })),
        0.5,
      ),
    )
    .withPanel(
      heatmap(
        {
          title: 'Requests by duration',
          description: 'Requests per second in each bucket; two bands are two kinds of requests, or a timeout.',
          unit: 's',
          width: 8,
          noValue: NO_LOG,
        },
        `sum by (le) (rate(badgateway_request_duration_seconds_bucket{${G}}[$__rate_interval]))`,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Attempts by upstream: p95',
          description:
            'From connecting to the last byte of the answer, each attempt by itself, the ten slowest; GatewayUpstreamLatencyHigh fires above 500 ms.',
          unit: 's',
          width: 8,
          noValue: NO_LOG,
        },
        [
          {
            expr: `topk(10, gateway_upstream:badgateway_upstream_duration_seconds:p95_rate5m{${G}} >= 0)`,
            legend: UPSTREAM,
          },
        ],
        0.5,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Attempts: p50, p99',
          description: 'Of all attempts of a gateway at any upstream.',
          unit: 's',
          width: 12,
          noValue: NO_LOG,
        },
        [0.5, 0.99].map((q) => ({
          expr: `histogram_quantile(${q}, sum by (namespace, gateway, le) (${UPSTREAM_BUCKETS}))`,
          legend: `{{gateway}} p${q * 100}`,
        })),
      ),
    )
    .withPanel(
      table(
        {
          title: 'p99.9 of an hour by upstream',
          description:
            'One attempt in a thousand takes longer. A timeout should be a little above it: far above, clients wait for what is dead; below, answers are cut off. A value at the highest bucket (60 s) means at least that.',
          unit: 's',
          width: 12,
          height: 8,
          noValue: NO_LOG,
        },
        `sort_desc(gateway_upstream:badgateway_upstream_duration_seconds:p999_rate1h{${G}} >= 0)`,
        ['gateway', 'upstream', 'upstream_namespace', 'upstream_service'],
      ),
    );
}

export function addAttempts(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Attempts and retries'))
    .withPanel(
      stackedBars(
        {
          title: 'Attempts by code',
          description:
            'What attempts at upstreams ended with: the code of the upstream, or the one that the gateway gave the failed attempt.',
          unit: 'ops',
          width: 8,
          noValue: NO_LOG,
        },
        {
          expr: `sum by (code) (rate(badgateway_upstream_attempts_total{${G}}[$__rate_interval]))`,
          legend: '{{code}}',
        },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Attempts per request',
          description: '1 is no retry at all, the ten highest; GatewayRetriesHigh fires above 1.2.',
          unit: 'short',
          width: 8,
          noValue: NO_LOG,
        },
        [
          {
            expr: `topk(10, gateway_upstream:badgateway_upstream_attempts_per_request:ratio_rate5m{${G}})`,
            legend: UPSTREAM,
          },
        ],
        1.2,
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Retries by method',
          description:
            'Attempts after the first one. POST and PATCH may have been done twice: GatewayUnsafeRetries fires where connections that could not be made do not explain them.',
          unit: 'ops',
          width: 8,
          noValue: QUIET,
        },
        {
          expr: `sum by (method) (rate(badgateway_upstream_retries_total{${G}}[$__rate_interval])) > 0`,
          legend: '{{method}}',
        },
      ),
    );
}

export function addConnections(dashboard: DashboardBuilder): void {
  const perSecond = (metric: string, matcher: string) =>
    `sum by (gateway) (rate(${metric}{${G}${matcher}}[$__rate_interval]))`;
  dashboard
    .withRow(new RowBuilder('Connections and bytes'))
    .withPanel(
      lines(
        {
          title: 'Attempts and new connections',
          description:
            'Attempts per second, those for which a connection was opened, and those of which the log says that it was open. nginx cannot tell an open one from one that was opened within a millisecond.',
          unit: 'ops',
          width: 6,
          noValue: NO_LOG,
        },
        [
          { expr: perSecond('badgateway_upstream_attempts_total', ''), legend: '{{gateway}} attempts' },
          { expr: perSecond('badgateway_upstream_connections_total', ',connection="new"'), legend: '{{gateway}} new' },
          {
            expr: perSecond('badgateway_upstream_connections_total', ',connection="reused"'),
            legend: '{{gateway}} reused',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Requests per upstream connection',
          description:
            'How many attempts each new connection serves at most, the ten with the fewest: 1 is no keepalive. GatewayUpstreamConnectionsNotReused fires when it stops.',
          unit: 'short',
          width: 6,
          noValue: 'no connection is opened, or no log tells of it',
        },
        [
          {
            expr: `bottomk(10, gateway_upstream:badgateway_upstream_attempts_per_connection:ratio_rate5m{${G}})`,
            legend: UPSTREAM,
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Upgraded connections that ended',
          description:
            'WebSockets (101) by replica in 5 min; a log tells of them at their end. A peak beside a reload is GatewayUpgradesDroppedAtReload.',
          unit: 'short',
          width: 6,
          noValue: NO_LOG,
        },
        [{ expr: `gateway_pod:badgateway_upgraded_connections:increase5m{${G}}`, legend: '{{gateway}} {{pod}}' }],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Bytes',
          description: 'Of requests and of answers, headers included, per second.',
          unit: 'Bps',
          width: 6,
          noValue: NO_LOG,
        },
        [
          { expr: perSecond('badgateway_request_bytes_total', ''), legend: '{{gateway}} requests' },
          { expr: perSecond('badgateway_response_bytes_total', ''), legend: '{{gateway}} answers' },
        ],
      ),
    );
}

export function addSight(dashboard: DashboardBuilder): void {
  dashboard.withRow(new RowBuilder('Do the logs tell all of it?')).withPanel(
    lines(
      {
        title: 'Requests in the access log',
        description:
          'Share of the requests of stub_status that the access log of nginx tells. Below 100 %: places with access_log off. BadgatewayAccessLogIncomplete fires when it falls below 50 %.',
        unit: 'percentunit',
        width: 24,
        noValue: 'no stub_status',
      },
      [
        {
          expr: `gateway:badgateway_requests_per_nginx_request:ratio_rate5m{${G}}`,
          legend: '{{namespace}} {{gateway}}',
        },
      ],
    ),
  );
}
