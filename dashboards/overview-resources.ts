import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { NETWORK_LEGEND, networkRate } from './networks.ts';
import { GATEWAY as G, lines, NODE as N, table } from './panels.ts';

const label = (name: string) => `\${__field.labels.${name}}`;
const TO_NODE = {
  title: 'Node, TCP and workers of this pod',
  url: `/d/badgateway-node/gateways-node-tcp-and-workers?var-namespace=${label('namespace')}&var-pod=${label('pod')}&\${__url_time_range}`,
};

export function addKernel(dashboard: DashboardBuilder): void {
  const legend = NETWORK_LEGEND;
  const rate = (metric: string) => networkRate(metric, N);
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
          link: TO_NODE,
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
          link: TO_NODE,
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
          link: TO_NODE,
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
          link: TO_NODE,
        },
        [
          { expr: rate('syn_retransmits_total'), legend: `SYN retransmits ${legend}` },
          { expr: rate('tcp_attempt_failures_total'), legend: `failed connects ${legend}` },
          { expr: rate('tcp_resets_sent_total'), legend: `resets sent ${legend}` },
        ],
      ),
    );
}

export function addPods(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Gateway containers'))
    .withPanel(
      lines(
        {
          title: 'Memory of the limit',
          description: 'Working set of each gateway container (cAdvisor) as a share of its limit.',
          unit: 'percentunit',
          width: 12,
          link: TO_NODE,
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
          description:
            'Restarts of gateway containers (kube-state-metrics, else badgateway’s own count by workload); GatewayRestarting fires above one.',
          unit: 'short',
          width: 12,
          noValue: 'no pod of a gateway is known, or nobody counts restarts',
        },
        [
          {
            expr: `gateway_container:kube_pod_container_status_restarts:increase1h{${G}}`,
            legend: '{{pod}} {{container}}',
          },
          {
            expr: `gateway_container:badgateway_pod_restarts:increase1h{${G}}`,
            legend: '{{gateway}} {{container}}',
          },
        ],
        1.5,
      ),
    );
}

export function addObserver(dashboard: DashboardBuilder): void {
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
