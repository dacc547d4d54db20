import * as z from 'zod';
import { counter, type MetricTable } from '../contract/metrics.ts';
import { sizeBytes, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { BACKEND_LOG_LABELS } from './backend-log-events.ts';

const schema = () =>
  unitSchema(
    { enabled: false, interval: '10s' },
    {
      directory: z
        .string()
        .max(4096)
        .default('/var/log/pods')
        .describe('Where the kubelet puts the logs of pods; only those of pods behind the gateways are opened'),
      max_bytes: sizeBytes(1 << 16, 1 << 24)
        .prefault('1MiB')
        .describe('Read so much of one log in one interval, the latest; what is beyond is passed over and counted'),
    },
  );

const metrics = {
  events: counter(
    'badgateway_backend_log_events_total',
    'Lines in logs of pods behind the gateways that tell of trouble, by the Service and what they tell; of pods of this node.',
    BACKEND_LOG_LABELS,
  ),
  skipped: counter(
    'badgateway_backend_log_skipped_bytes_total',
    'Bytes of logs of backends that were passed over because there were more than max_bytes, or logs beyond 200.',
    [],
  ),
} as const satisfies MetricTable;

export type BackendLogConfig = z.output<ReturnType<typeof schema>>;
export type BackendLogMetrics = typeof metrics;

export const backendLog = defineCollector({
  name: 'backend_log',
  summary: 'Trouble that the pods behind the gateways write of into their logs, in fixed words',
  schema,
  metrics,
  async load() {
    const { BackendLogCollector } = await import('./backend-log-collector.ts');
    return (config, context) => new BackendLogCollector(config, context);
  },
});
