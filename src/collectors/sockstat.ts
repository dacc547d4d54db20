import type * as z from 'zod';
import { gauge, type MetricTable } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { hostOption, NETNS_LABELS } from '../sources/network-namespaces.ts';
import { scopeOption } from './network-series.ts';

const schema = () => unitSchema({ enabled: true, interval: '5s' }, { host: hostOption, scope: scopeOption });

const metrics = {
  inuse: gauge('badgateway_tcp_sockets_in_use', 'TCP sockets in use, without TIME_WAIT.', NETNS_LABELS),
  tw: gauge('badgateway_tcp_sockets_time_wait', 'TCP sockets in TIME_WAIT; each holds a port.', NETNS_LABELS),
  orphan: gauge(
    'badgateway_tcp_sockets_orphaned',
    'TCP sockets closed by their process and not yet done.',
    NETNS_LABELS,
  ),
  closeWait: gauge(
    'badgateway_tcp_sockets_close_wait',
    'TCP sockets whose peer has closed and whose own process has not; of gateways and our own namespace, counted once in a minute.',
    NETNS_LABELS,
  ),
  allocated: gauge(
    'badgateway_tcp_sockets_allocated',
    'TCP sockets allocated on the machine, the same in every namespace: aggregate with max.',
    [],
  ),
  memory: gauge(
    'badgateway_tcp_memory_bytes',
    'TCP buffer memory of the machine, the same in every namespace: aggregate with max.',
    [],
  ),
} as const satisfies MetricTable;

export type SockstatConfig = z.output<ReturnType<typeof schema>>;
export type SockstatMetrics = typeof metrics;

/** TCP sockets by state that a gateway can run out of. */
export const sockstat = defineCollector({
  name: 'sockstat',
  summary:
    'TCP sockets: in use, TIME_WAIT and orphans per namespace; allocated sockets and buffer memory of the machine',
  schema,
  metrics,
  load: async () => (await import('./sockstat-collector.ts')).createSockstat,
});
