import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, lines, number, stackedBars, table } from './panels.ts';

/** The selector of series about a gateway, and of series about a node. */
const G = 'namespace=~"$namespace",gateway=~"$gateway"';
const N = 'node=~"$node"';
const QUIET = 'none';

function variable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}

function annotation(name: string, expr: string, title: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .expr(expr)
    .titleFormat(title)
    .step('60s');
}

/** "Gateways / Overview": is anyone hurt, where, and why? */
export function overview(): Dashboard {
  const dashboard = new DashboardBuilder('Gateways / Overview')
    .uid('badgateway-overview')
    .description('Is anyone hurt, where, and why: failures of NGINX and Envoy gateways by cause. Made by badgateway.')
    .tags(['badgateway'])
    .readonly()
    .refresh('1m')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('badgateway')
        .type(DashboardLinkType.Dashboards)
        .tags(['badgateway'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(variable('namespace', 'Namespace', 'label_values(badgateway_failures_total, namespace)'))
    .withVariable(
      variable('gateway', 'Gateway', 'label_values(badgateway_failures_total{namespace=~"$namespace"}, gateway)'),
    )
    .withVariable(variable('cause', 'Cause', 'label_values(badgateway_failures_total, cause)'))
    .withVariable(variable('node', 'Node', 'label_values(up{job="badgateway"}, node)'))
    .annotation(
      annotation(
        'Gateway restarts',
        `gateway_container:kube_pod_container_status_restarts:increase1h{${G}} > 0.5`,
        '{{pod}} restarted',
      ),
    )
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

function addHurt(dashboard: DashboardBuilder): void {
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

function addWhy(dashboard: DashboardBuilder): void {
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
        `topk(10, sum by (gateway, upstream, cause) (increase(badgateway_failures_total{${G},cause=~"$cause"}[$__range])) > 0)`,
        ['gateway', 'upstream', 'cause'],
      ),
    );
}

function addTraffic(dashboard: DashboardBuilder): void {
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

function addKernel(dashboard: DashboardBuilder): void {
  const by = 'instance, namespace, pod, netns';
  const legend = '{{pod}} {{netns}} {{instance}}';
  const rate = (metric: string) => `sum by (${by}) (rate(badgateway_${metric}{${N}}[$__rate_interval]))`;
  dashboard
    .withRow(new RowBuilder('Kernel limits'))
    .withPanel(
      lines(
        {
          title: 'Listen overflows and drops',
          description:
            'SYNs that listeners dropped, retransmits included. Drops are all of them, overflows those for a full accept queue.',
          unit: 'pps',
          width: 6,
        },
        [
          { expr: rate('listen_overflows_total'), legend: `overflows ${legend}` },
          { expr: rate('listen_drops_total'), legend: `drops ${legend}` },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'conntrack in use',
          description: 'Entries of the limit per network namespace; alerts at 75 % and 90 %.',
          unit: 'percentunit',
          width: 6,
          noValue: 'conntrack not loaded',
        },
        [{ expr: `netns:badgateway_conntrack_entries_per_limit:ratio{${N}}`, legend }],
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'conntrack losses',
          description: 'Packets dropped, entries evicted early and inserts that failed.',
          unit: 'pps',
          width: 6,
          noValue: 'conntrack not loaded',
        },
        [
          { expr: rate('conntrack_drops_total'), legend: `drops ${legend}` },
          { expr: rate('conntrack_early_drops_total'), legend: `early drops ${legend}` },
          { expr: rate('conntrack_insert_failures_total'), legend: `insert failures ${legend}` },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Connect trouble',
          description:
            'SYNs sent again, failed connects and resets sent: what a lost or refused connection looks like from here.',
          unit: 'pps',
          width: 6,
        },
        [
          { expr: rate('syn_retransmits_total'), legend: `SYN retransmits ${legend}` },
          { expr: rate('tcp_attempt_failures_total'), legend: `failed connects ${legend}` },
          { expr: rate('tcp_resets_sent_total'), legend: `resets sent ${legend}` },
        ],
      ),
    );
}

function addPods(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Gateway containers'))
    .withPanel(
      lines(
        {
          title: 'Memory of the limit',
          description: 'Working set of each gateway container (cAdvisor) as a share of its limit.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no cAdvisor, or no limit',
        },
        [
          {
            expr: 'gateway_container:container_memory_working_set_bytes:max{gateway=~"$gateway"} / gateway_container:container_spec_memory_limit_bytes:max{gateway=~"$gateway"}',
            legend: '{{gateway}} {{pod}}',
          },
        ],
        0.8,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Restarts in an hour',
          description: 'Restarts of gateway containers (kube-state-metrics); GatewayRestarting fires above one.',
          unit: 'short',
          width: 12,
          noValue: 'no kube-state-metrics',
        },
        [
          {
            expr: `gateway_container:kube_pod_container_status_restarts:increase1h{${G}}`,
            legend: '{{pod}} {{container}}',
          },
        ],
        1.5,
      ),
    );
}

function addObserver(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Does badgateway see?'))
    .withPanel(
      lines(
        {
          title: 'Log lag',
          description: 'Bytes of error logs that are written and not yet read.',
          unit: 'bytes',
          width: 12,
          noValue: 'no error log',
        },
        [
          {
            expr: `max by (gateway, pod, instance) (badgateway_log_lag_bytes{${G}})`,
            legend: '{{gateway}} {{pod}} {{instance}}',
          },
        ],
      ),
    )
    .withPanel(
      table(
        {
          title: 'Collector states',
          description:
            'The state that holds for each collector. Absent: nothing there to watch; not_permitted: there, but not readable.',
          unit: 'short',
          width: 12,
          height: 8,
        },
        `sum by (instance, collector, state) (badgateway_collector_state{${N}}) == 1`,
        ['instance', 'collector', 'state'],
      ),
    );
}
