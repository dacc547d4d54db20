import type * as z from 'zod';
import { foreignCounter, gauge, type MetricTable } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { hostOption, NETNS_LABELS } from '../sources/network-namespaces.ts';
import { NETSTAT_COUNTERS } from './netstat-counters.ts';
import { scopeOption } from './network-series.ts';

const schema = () => unitSchema({ enabled: true, interval: '5s' }, { host: hostOption, scope: scopeOption });

const metrics = {
  ...NETSTAT_COUNTERS,
  established: gauge('badgateway_tcp_connections', 'TCP connections in ESTABLISHED or CLOSE_WAIT.', NETNS_LABELS),
  softnetDropped: foreignCounter(
    'badgateway_softnet_drops_total',
    'Packets dropped by full CPU backlogs; machine-wide, the same in every namespace: aggregate with max.',
    [],
  ),
  softnetSqueezed: foreignCounter(
    'badgateway_softnet_squeezes_total',
    'Times that packet processing ran out of its budget; machine-wide: aggregate with max.',
    [],
  ),
} as const satisfies MetricTable;

export type NetstatConfig = z.output<ReturnType<typeof schema>>;
export type NetstatMetrics = typeof metrics;

/** The kernel's TCP counters that explain a failed connection, listen overflows first. */
export const netstat = defineCollector({
  name: 'netstat',
  summary: 'Listen queue overflows, SYN queue drops, retransmits, resets and aborts as the kernel counts them',
  schema,
  metrics,
  load: async () => (await import('./netstat-collector.ts')).createNetstat,
});
