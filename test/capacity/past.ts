import type { PastSeries } from '../support/backfilled-prometheus.ts';

/** What a case must be told as. */
export interface Known {
  readonly subject: string;
  readonly resource: string;
  /** Days until the daily peak reaches the limit; Infinity: never. */
  readonly truth: number;
  /** Shapes that are right. */
  readonly shapes: readonly string[];
  /** The estimate must be there and certain: the data is good enough. */
  readonly mustTell?: boolean;
}

const MIB = 2 ** 20;
const HOST = { namespace: '', pod: '', container: '', instance: '10.0.0.1:9502' };

/** 0.2 at night to 1 at 14:00, whatever the time is at the end. */
const cycle = (before: number) => 0.6 + 0.4 * Math.cos(2 * Math.PI * (before - 0.3));
/** The same for each moment and case. */
function noise(before: number, seed: number): number {
  const value = Math.sin(before * 12_345.678 + seed * 77.7) * 43_758.5453;
  return 2 * (value - Math.floor(value)) - 1;
}

/** `level`: what the daily peak is so many days before the end. */
function connections(
  gateway: string,
  level: (before: number) => number | null,
  limit: number | ((before: number) => number) = 1000,
): PastSeries[] {
  const labels = { ...HOST, gateway };
  const used = (before: number) => {
    const value = level(before);
    return value === null ? null : Math.round(value * cycle(before));
  };
  const ofLimit = typeof limit === 'number' ? () => limit : limit;
  return [
    { metric: 'badgateway_worker_connections_used', labels, at: used },
    {
      metric: 'badgateway_worker_connections_limit',
      labels,
      at: (before) => (level(before) === null ? null : ofLimit(before)),
    },
  ];
}

function memory(gateway: string, used: (before: number) => number | null, limitMib: number | null): PastSeries[] {
  const labels = { ...HOST, gateway, container: gateway };
  const bytes = (value: number | null) => (value === null ? null : Math.round(value * MIB));
  const of: PastSeries[] = [
    { metric: 'badgateway_memory_working_set_bytes', labels, at: (before) => bytes(used(before)) },
  ];
  return limitMib === null
    ? of
    : [
        ...of,
        {
          metric: 'badgateway_memory_limit_bytes',
          labels,
          at: (before) => (used(before) === null ? null : limitMib * MIB),
        },
      ];
}

/** Counters of CPU periods that begin again every 3 days; `share` of them throttled. */
function throttled(gateway: string, share: number): PastSeries[] {
  const labels = { ...HOST, gateway, container: gateway };
  const periods = (before: number) => Math.round((3 - (before % 3)) * 864_000);
  return [
    { metric: 'badgateway_cpu_periods_total', labels, at: periods },
    { metric: 'badgateway_cpu_throttled_periods_total', labels, at: (before) => Math.round(periods(before) * share) },
  ];
}

/** A new pod every 4 days, each with the traffic of all. */
function pods(gateway: string, level: (before: number) => number): PastSeries[] {
  return [0, 1, 2, 3, 4, 5, 6].flatMap((index) => {
    const labels = {
      namespace: 'edge',
      pod: `${gateway}-${index}`,
      container: 'nginx',
      gateway,
      instance: '10.0.0.9:9502',
      node: 'node-1',
    };
    const isIts = (before: number) => before > index * 4 - 0.03 && before <= (index + 1) * 4;
    return [
      {
        metric: 'badgateway_worker_connections_used',
        labels,
        at: (before: number) => (isIts(before) ? Math.round(level(before) * cycle(before)) : null),
      },
      { metric: 'badgateway_worker_connections_limit', labels, at: (before: number) => (isIts(before) ? 1000 : null) },
    ];
  });
}

const grow = (now: number, perDay: number) => (before: number) => now - perDay * before;
const PER_DAY = 200 / 23;
const isWeekend = (before: number) => Math.floor(before) % 7 >= 5;

export const PAST: readonly PastSeries[] = [
  ...connections('cycle', () => 700),
  ...connections('growing', grow(800, PER_DAY)),
  ...connections('weekdays', (before) => grow(800, PER_DAY)(before) * (isWeekend(before) ? 0.6 : 1)),
  ...connections('jumped', (before) => (before > 12 ? 400 : 700)),
  ...connections('noisy', (before) => 600 * (1 + 0.2 * noise(Math.floor(before), 1))),
  ...connections('noisygrowth', (before) => grow(800, PER_DAY)(before) * (1 + 0.01 * noise(Math.floor(before), 2))),
  ...connections('young', (before) => (before > 5 ? null : grow(800, PER_DAY)(before))),
  ...connections('gaps', (before) =>
    (before > 9 && before < 10.5) || (before > 16.2 && before < 16.7) ? null : grow(800, PER_DAY)(before),
  ),
  ...connections('raised', grow(800, PER_DAY), (before) => (before > 10 ? 850 : 1000)),
  ...connections('compound', (before) => 700 * 1.03 ** -before),
  ...connections('gone', (before) => (before < 3 ? null : 600)),
  ...pods('edge', grow(800, PER_DAY)),
  ...memory('leaking', grow(768, 12), 1024),
  ...memory('restarted', (before) => 300 + 100 * (6 - ((before + 2.4) % 6)), 1024),
  ...memory('unlimited', () => 256, null),
  ...throttled('throttled', 0.4),
  ...throttled('atease', 0.05),
  {
    metric: 'badgateway_conntrack_entries',
    labels: { netns: 'host', namespace: '', pod: '', node: 'node-1', instance: '10.0.0.1:9502' },
    at: (before) => Math.round(grow(180_000, 1_640)(before) * cycle(before)),
  },
  {
    metric: 'badgateway_conntrack_entries_limit',
    labels: { netns: 'host', namespace: '', pod: '', node: 'node-1', instance: '10.0.0.1:9502' },
    at: () => 262_144,
  },
  // 5 a day, begins again every 3 days.
  {
    metric: 'badgateway_conntrack_drops_total',
    labels: { netns: 'host', namespace: '', pod: '', node: 'node-1', instance: '10.0.0.1:9502' },
    at: (before) => Math.round((3 - (before % 3)) * 5),
  },
  {
    metric: 'badgateway_collector_state',
    labels: { collector: 'listeners', state: 'not_permitted', instance: '10.0.0.1:9502' },
    at: () => 1,
  },
];

const GATEWAY = { cluster: 'full', namespace: 'edge', gateway: 'gw', pod: 'gw-0', container: 'envoy' };
const GW = { ...GATEWAY, instance: '10.0.0.9:9502', node: 'node-1' };
const NETWORK = { cluster: 'full', namespace: 'edge', pod: 'gw-0', netns: 'pod', instance: '10.0.0.9:9502' };
const CLUSTER_OF = { upstream: 'cart', upstream_namespace: 'shop', upstream_service: 'cart' };
const SCALER = { cluster: 'full', namespace: 'edge', autoscaler: 'gw', instance: '10.0.0.9:9502' };
const constant = (metric: string, labels: PastSeries['labels'], value: number): PastSeries => ({
  ...{ metric: `badgateway_${metric}`, labels },
  at: () => value,
});
const SECOND = { pod: 'gw-1' };

/** A cluster of its own in which each resource has a row. */
export const FULL: readonly PastSeries[] = [
  constant('worker_connections_used', GW, 100),
  constant('worker_connections_limit', GW, 1000),
  // Two replicas with limits of their own: the first is the fuller one.
  constant('worker_open_fds', GW, 50),
  constant('worker_open_fds_limit', GW, 100),
  constant('worker_open_fds', { ...GW, ...SECOND }, 90),
  constant('worker_open_fds_limit', { ...GW, ...SECOND }, 200),
  constant('conntrack_entries', NETWORK, 500),
  constant('conntrack_entries_limit', NETWORK, 65_536),
  constant('upstream_local_ports_in_use', { ...GW, ...CLUSTER_OF }, 14_116),
  constant('gateway_local_ports_limit', { ...GW, estimated: 'true' }, 28_232),
  constant('listen_queue_length', { ...NETWORK, port: '8080' }, 3),
  constant('listen_queue_limit', { ...NETWORK, port: '8080', estimated: 'false' }, 511),
  constant('memory_working_set_bytes', GW, 64 * MIB),
  constant('memory_limit_bytes', GW, 128 * MIB),
  ...throttled('gw', 0.1).map((one) => ({ ...one, labels: GW })),
  {
    metric: 'badgateway_requests_total',
    labels: { ...GW, code: '200' },
    at: (before) => Math.round((28 - before) * 86_400 * 150),
  },
  {
    metric: 'badgateway_requests_total',
    labels: { ...GW, code: '404' },
    at: (before) => Math.round((28 - before) * 86_400 * 50),
  },
  constant('cpu_limit_cores', GW, 2),
  constant('envoy_cluster_active', { ...GW, upstream: 'cart', breaker: 'cx' }, 512),
  constant('envoy_cluster_limit', { ...GW, upstream: 'cart', breaker: 'cx', priority: 'default' }, 1024),
  constant('envoy_cluster_limit', { ...GW, upstream: 'cart', breaker: 'cx', priority: 'high' }, 4096),
  constant('autoscaler_replicas', { ...SCALER, state: 'desired' }, 4),
  constant('autoscaler_replicas', { ...SCALER, state: 'max' }, 10),
];

export const KNOWN: readonly Known[] = [
  { resource: 'worker_connections', subject: 'cycle on 10.0.0.1:9502', truth: Infinity, shapes: ['flat'] },
  {
    resource: 'worker_connections',
    subject: 'growing on 10.0.0.1:9502',
    truth: 23,
    shapes: ['growth'],
    mustTell: true,
  },
  {
    resource: 'worker_connections',
    subject: 'weekdays on 10.0.0.1:9502',
    truth: 23,
    shapes: ['growth'],
    mustTell: true,
  },
  { resource: 'worker_connections', subject: 'jumped on 10.0.0.1:9502', truth: Infinity, shapes: ['step'] },
  {
    resource: 'worker_connections',
    subject: 'noisy on 10.0.0.1:9502',
    truth: Infinity,
    shapes: ['flat', 'unclear', 'step'],
  },
  { resource: 'worker_connections', subject: 'noisygrowth on 10.0.0.1:9502', truth: 23, shapes: ['growth'] },
  { resource: 'worker_connections', subject: 'young on 10.0.0.1:9502', truth: 23, shapes: ['not_enough_data'] },
  { resource: 'worker_connections', subject: 'gaps on 10.0.0.1:9502', truth: 23, shapes: ['growth'], mustTell: true },
  { resource: 'worker_connections', subject: 'raised on 10.0.0.1:9502', truth: 23, shapes: ['growth'], mustTell: true },
  {
    resource: 'worker_connections',
    subject: 'compound on 10.0.0.1:9502',
    truth: Math.log(1000 / 700) / Math.log(1.03),
    shapes: ['growth'],
  },
  { resource: 'worker_connections', subject: 'edge/edge', truth: 23, shapes: ['growth'], mustTell: true },
  { resource: 'memory', subject: 'leaking on 10.0.0.1:9502', truth: 256 / 12, shapes: ['growth'], mustTell: true },
  { resource: 'memory', subject: 'restarted on 10.0.0.1:9502', truth: Infinity, shapes: ['sawtooth'] },
  { resource: 'memory', subject: 'unlimited on 10.0.0.1:9502', truth: Infinity, shapes: ['flat'] },
  { resource: 'cpu_throttling', subject: 'throttled on 10.0.0.1:9502', truth: 0, shapes: ['at_limit'] },
  { resource: 'cpu_throttling', subject: 'atease on 10.0.0.1:9502', truth: Infinity, shapes: ['flat'] },
  {
    resource: 'conntrack',
    subject: 'network of the host on node-1',
    truth: 82_144 / 1_640,
    shapes: ['growth'],
    mustTell: true,
  },
];
