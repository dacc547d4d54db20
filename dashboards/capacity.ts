import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CONNTRACK_ENTRY_BYTES } from '../src/capacity/conntrack-memory.ts';
import { autoscalers } from './causes.ts';
import { addGateways, frame, nodes, variable } from './frame.ts';
import { NETWORK, NETWORK_LEGEND } from './networks.ts';
import { SHARES, SUBJECT, SUBJECT_LABELS } from './node-selectors.ts';
import { bars, CLUSTER, GATEWAY as G, lines, table } from './panels.ts';

const PORTS = `gateway_upstream:badgateway_upstream_local_ports_in_use_per_limit:ratio{${G}}`;
const BREAKERS = `gateway_upstream_breaker:badgateway_envoy_cluster_active_per_limit:ratio_max{${G}}`;
const LIMITS = [
  { name: 'worker connections', share: SHARES.connections, legend: '{{gateway}} {{pod}}' },
  { name: 'open files', share: SHARES.openFiles, legend: '{{gateway}} {{pod}}' },
  { name: 'memory', share: SHARES.memory, legend: '{{gateway}} {{pod}} {{container}}' },
  { name: 'accept queue', share: SHARES.acceptQueue, legend: '{{port}} {{pod}}' },
  { name: 'conntrack', share: SHARES.conntrack, legend: NETWORK_LEGEND },
] as const;

/** "Gateways / Capacity": how near is each limit at its peak, and when is it reached? */
export function capacity(): Dashboard {
  const dashboard = addGateways(
    frame(
      'Gateways / Capacity',
      'badgateway-capacity',
      'How near each limit is at its peak and when it is reached: connections, files, memory, CPU, queues, connection tracking, ports, replicas. Made by badgateway.',
    ),
    'badgateway_(failures_total|workers|envoy_up)',
  )
    .withVariable(
      variable(
        'pod',
        'Pod',
        `label_values({__name__=~"badgateway_(workers|memory_working_set_bytes|tcp_connections)",${CLUSTER},namespace=~"$namespace"}, pod)`,
      ),
    )
    .withVariable(nodes())
    .time({ from: 'now-24h', to: 'now' });
  for (const add of [addHeadroom, addWhen, addLoad, addReplicas]) add(dashboard);
  return dashboard.build();
}

function addHeadroom(dashboard: DashboardBuilder): void {
  const peak = (share: string) => `max(max_over_time((${share})[$__range:1m]))`;
  dashboard
    .withRow(new RowBuilder('How near is each limit?'))
    .withPanel(
      bars(
        {
          title: 'Peak of the time range',
          description:
            'Of each limit the highest share in use, wherever it was. Plan with peaks, not averages; a reload needs the connections and memory of workers twice for a while.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no limit is known',
        },
        [
          ...LIMITS.map(({ name, share }) => ({ expr: peak(share), legend: name })),
          { expr: `max(max_over_time(${PORTS}[$__range]))`, legend: 'local ports to one address' },
          { expr: `max(max_over_time(${BREAKERS}[$__range]))`, legend: 'Envoy circuit breakers' },
        ],
        0.8,
        1,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Connections, files and memory of the limit',
          description: 'Share in use by gateway; the fullest worker counts for connections and files.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no limit is known',
        },
        LIMITS.slice(0, 3).map(({ name, share, legend }) => ({ expr: share, legend: `${name} ${legend}` })),
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Accept queues, conntrack and ports of the limit',
          description: 'Share in use by network, and local ports towards the busiest address of each upstream.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no limit is known',
        },
        [
          ...LIMITS.slice(3).map(({ name, share, legend }) => ({ expr: share, legend: `${name} ${legend}` })),
          { expr: `topk(10, ${PORTS})`, legend: 'ports {{gateway}} {{upstream}}' },
        ],
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'CPU throttled',
          description:
            'Share of the periods in which a container used up its CPU limit. Above 25 % latency suffers before any average shows it.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no cgroup is seen, or no limit',
        },
        [
          {
            expr: `sum by (${SUBJECT_LABELS}) (rate(badgateway_cpu_throttled_periods_total{${SUBJECT}}[$__rate_interval])) / (sum by (${SUBJECT_LABELS}) (rate(badgateway_cpu_periods_total{${SUBJECT}}[$__rate_interval])) > 0)`,
            legend: '{{gateway}} {{pod}} {{container}}',
          },
        ],
        0.25,
      ),
    );
}

/** Trends of daily peaks: raw series of a day's rhythm promise anything. */
function addWhen(dashboard: DashboardBuilder): void {
  const daysLeft = (used: string, limit: string, selector: string, by: string) => {
    const peaks = `max by (${by}) (max_over_time(badgateway_${used}{${selector}}[1d]))`;
    const daily = `max by (${by}) (deriv(max_over_time(badgateway_${used}{${selector}}[1d])[14d:1h])) * 86400`;
    const enough = `max by (${by}) (count_over_time(badgateway_${used}{${selector}}[1h] offset 7d)) > 0`;
    return `(max by (${by}) (badgateway_${limit}{${selector}}) - ${peaks}) / (${daily} > 0) and ${enough}`;
  };
  const named = (expr: string, name: string) => `label_replace(${expr}, "limit", "${name}", "", "")`;
  const by = 'namespace, gateway, pod';
  dashboard
    .withRow(new RowBuilder('When is it reached?'))
    .withPanel(
      table(
        {
          title: 'Days until full',
          description:
            'If the peaks of the days go on growing as in the last 14. Nothing is said before there is a week of history, nor of what does not grow. `badgateway capacity-report` says how sure it is.',
          unit: 'none',
          width: 12,
          height: 8,
          noValue: 'nothing grows, or there is less than a week of history',
        },
        `sort(${[
          named(daysLeft('memory_working_set_bytes', 'memory_limit_bytes', SUBJECT, by), 'memory'),
          named(daysLeft('worker_connections_used', 'worker_connections_limit', SUBJECT, by), 'worker connections'),
          named(daysLeft('worker_open_fds', 'worker_open_fds_limit', SUBJECT, by), 'open files'),
          named(daysLeft('conntrack_entries', 'conntrack_entries_limit', NETWORK, 'instance, pod, netns'), 'conntrack'),
        ].join(' or ')})`,
        ['limit', 'gateway', 'pod', 'netns', 'instance'],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Growth of a week',
          description: 'Requests of a day against those of the same day a week before, by gateway.',
          unit: 'percentunit',
          width: 12,
          noValue: 'less than a week of history',
        },
        [
          {
            expr: `sum by (gateway) (avg_over_time(gateway:badgateway_requests:rate5m{${G}}[1d])) / sum by (gateway) (avg_over_time(gateway:badgateway_requests:rate5m{${G}}[1d] offset 7d)) - 1`,
            legend: '{{gateway}}',
          },
        ],
      ).min(-1),
    );
}

function addLoad(dashboard: DashboardBuilder): void {
  const requests = `sum by (namespace, gateway) (gateway:badgateway_requests:rate5m{${G}})`;
  dashboard
    .withRow(new RowBuilder('Load'))
    .withPanel(
      lines(
        {
          title: 'Requests by gateway',
          description: 'Answers per second over 5 min, all replicas of a gateway together.',
          unit: 'reqps',
          width: 8,
          noValue: 'no status codes',
        },
        [{ expr: requests, legend: '{{namespace}} {{gateway}}' }],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Requests per core of the limit',
          description:
            'Answers per second by CPU core that the containers of a gateway may use. It should not fall from release to release at the same throttling.',
          unit: 'reqps',
          width: 8,
          noValue: 'no status codes, or no CPU limit',
        },
        [
          {
            expr: `${requests} / (sum by (namespace, gateway) (badgateway_cpu_limit_cores{${SUBJECT}}) > 0)`,
            legend: '{{namespace}} {{gateway}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Memory of connection tracking',
          description: `What its entries take, at ${CONNTRACK_ENTRY_BYTES} bytes each: now, and when the table is full. It is the kernel’s, in no container’s limit.`,
          unit: 'bytes',
          width: 8,
          noValue: 'conntrack not loaded',
        },
        [
          {
            expr: `max by (instance, pod, netns) (badgateway_conntrack_entries{${NETWORK}}) * ${CONNTRACK_ENTRY_BYTES}`,
            legend: `now ${NETWORK_LEGEND}`,
          },
          {
            expr: `max by (instance) (badgateway_conntrack_entries_limit{${NETWORK}}) * ${CONNTRACK_ENTRY_BYTES}`,
            legend: 'full {{instance}}',
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Size of the configuration',
          description:
            'Bytes of all files of nginx’s configuration on disk, by replica. The more, the longer each reload takes.',
          unit: 'bytes',
          width: 24,
          noValue: 'no configuration is read',
        },
        [
          {
            expr: `max by (namespace, gateway, pod) (badgateway_gateway_config_bytes{${G}})`,
            legend: '{{namespace}} {{gateway}} {{pod}}',
          },
        ],
      ),
    );
}

function addReplicas(dashboard: DashboardBuilder): void {
  dashboard.withRow(new RowBuilder('Replicas')).withPanel(autoscalers({ width: 24 }));
}
