import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { FORECASTS, oomKills, SHARES, SUBJECT, SUBJECT_LABELS } from './node-selectors.ts';
import { lines, NODE, QUIET, stackedBars } from './panels.ts';

const legend = '{{gateway}} {{pod}}';
const container = '{{gateway}} {{pod}} {{container}}';
const NO_WORKERS = 'no nginx is seen as processes';

export function addWorkers(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('nginx workers'))
    .withPanel(
      lines(
        {
          title: 'Workers, and what holds old ones',
          description:
            'Workers running and shutting down, and the connections that keep the latter from ending; a proxied WebSocket is two.',
          unit: 'short',
          width: 8,
          noValue: NO_WORKERS,
        },
        [
          {
            expr: `sum by (gateway, pod, state) (badgateway_workers{${SUBJECT}})`,
            legend: `{{state}} ${legend}`,
          },
          {
            expr: `sum by (gateway, pod) (badgateway_worker_connections_held{${SUBJECT}})`,
            legend: `connections held ${legend}`,
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Age of the oldest that shuts down',
          description:
            'Time since the oldest worker that a reload sent away began. It ends with its last connection, or after worker_shutdown_timeout.',
          unit: 's',
          width: 8,
          noValue: QUIET,
        },
        [
          {
            expr: `time() - min by (gateway, pod) (badgateway_worker_shutting_down_oldest_start_timestamp_seconds{${SUBJECT}})`,
            legend,
          },
        ],
        3600,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Memory of workers by state',
          description:
            'In sum: rss counts shared pages once for each worker, pss divides them and is there where it may be read. Never add the two.',
          unit: 'bytes',
          width: 8,
          noValue: NO_WORKERS,
        },
        [
          {
            expr: `sum by (gateway, pod, state, kind) (badgateway_worker_memory_bytes{${SUBJECT}})`,
            legend: `{{kind}} {{state}} ${legend}`,
          },
        ],
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Fullest worker of its limit',
          description:
            'Connections to clients and upstreams of worker_connections, and open files of their limit. Sockets that listen take slots too, so that a worker is full somewhat below 100 %.',
          unit: 'percentunit',
          width: 12,
          noValue: 'before Linux 6.2 the number of open files is not seen',
        },
        [
          { expr: SHARES.connections, legend: `connections ${legend}` },
          { expr: SHARES.openFiles, legend: `open files ${legend}` },
        ],
        0.9,
      ),
    )
    .withPanel(
      stackedBars(
        {
          title: 'Reloads, crashes and OOM kills',
          description:
            'New generations of workers (reload, or replaced: unseen, a reload or a crash), workers that crashed, and processes that the kernel killed for want of memory. More than one reload a minute is a storm.',
          unit: 'short',
          width: 12,
          noValue: NO_WORKERS,
        },
        {
          expr: `sum by (gateway, pod, origin) (increase(badgateway_worker_generations_total{${SUBJECT}}[$__rate_interval]))`,
          legend: `{{origin}} ${legend}`,
        },
        {
          expr: `sum by (gateway, pod) (increase(badgateway_worker_respawns_total{${SUBJECT}}[$__rate_interval]))`,
          legend: `crashed ${legend}`,
        },
        { expr: `${oomKills('$__rate_interval')} > 0`, legend: `OOM killed ${legend}` },
      ),
    );
}

export function addCgroups(dashboard: DashboardBuilder): void {
  const rate = (metric: string, by: string, selector: string) =>
    `sum by (${by}) (rate(badgateway_${metric}{${selector}}[$__rate_interval]))`;
  const periods = (metric: string) => rate(`cpu_${metric}_total`, SUBJECT_LABELS, SUBJECT);
  dashboard
    .withRow(new RowBuilder('Memory and CPU'))
    .withPanel(
      lines(
        {
          title: 'Memory of the limit',
          description:
            'Working set of each container as a share of its limit, and where it is in an hour if it goes on as in the last half hour. At 100 % the kernel kills.',
          unit: 'percentunit',
          width: 12,
          noValue: 'no cgroup is seen, or no limit',
        },
        [
          { expr: SHARES.memory, legend: container },
          { expr: FORECASTS.memory, legend: `in an hour ${container}` },
        ],
        0.9,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'CPU throttled and pressure',
          description:
            'Share of the periods in which a container used up its CPU limit, and of the time in which some of its tasks, or of the node’s, waited for CPU, memory or I/O (containers: cgroup v2).',
          unit: 'percentunit',
          width: 12,
          noValue: 'no cgroup is seen',
        },
        [
          {
            expr: `${periods('throttled_periods')} / (${periods('periods')} > 0)`,
            legend: `throttled ${container}`,
          },
          {
            expr: rate('pressure_stalled_seconds_total', `${SUBJECT_LABELS}, resource`, `${SUBJECT},kind="some"`),
            legend: `waits for {{resource}} ${container}`,
          },
          {
            expr: `max by (node, resource) (rate(badgateway_node_pressure_stalled_seconds_total{${NODE},kind="some"}[$__rate_interval]))`,
            legend: 'node {{node}} waits for {{resource}}',
          },
        ],
        0.25,
      ),
    );
}
