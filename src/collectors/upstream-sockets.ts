import type * as z from 'zod';
import { counter, gauge, SUBJECT_LABELS } from '../contract/metrics.ts';
import { sizeBytes, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';

const METRICS = {
  peers: gauge(
    'badgateway_upstream_socket_peers',
    'Addresses with port that the gateway has outgoing connections to, or tries to; clients and loopback are not among them.',
    [...SUBJECT_LABELS, 'proxy'],
  ),
  skipped: counter(
    'badgateway_upstream_sockets_skipped_total',
    'What was left out of socket tables: sockets of peers beyond 5000, ends of tables beyond max_table_bytes, rows that are no socket.',
    ['reason'],
  ),
} as const;

const schema = () =>
  unitSchema(
    { enabled: true, interval: '10s' },
    {
      max_table_bytes: sizeBytes(1 << 16, 1 << 26)
        .prefault('8MiB')
        .describe('Read so much of a socket table; a socket takes 150 to 180 bytes'),
    },
  );

export type UpstreamSocketsConfig = z.output<ReturnType<typeof schema>>;
export type UpstreamSocketsMetrics = typeof METRICS;

/** Where gateways connect to, from the kernel's socket tables: all that is known where no configuration can be read. */
export const upstreamSockets = defineCollector({
  name: 'upstream_sockets',
  summary: 'Addresses that a gateway connects to, from the socket tables of its network namespace',
  schema,
  metrics: METRICS,
  async load() {
    const { UpstreamSocketsCollector } = await import('./upstream-sockets-collector.ts');
    return (config, context) => {
      const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
      return new UpstreamSocketsCollector(config, context, { namespace, pod });
    };
  },
});
