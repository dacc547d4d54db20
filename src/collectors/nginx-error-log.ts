import * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';

const file = () =>
  z.strictObject({
    path: z
      .string()
      .min(1)
      .describe('File or glob (`*`, `?`, `[..]`, `{a,b}`), also /var/log/pods/… of container runtimes'),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe(
        'Value of the gateway label, outside of pods also for all that is found of the nginx that writes it; default: workload of the pod, else `nginx`',
      ),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5s' },
    {
      files: z
        .array(
          z.union([
            z
              .string()
              .min(1)
              .transform((path) => ({ path })),
            file(),
          ]),
        )
        .default([])
        .describe('Error logs to follow'),
      discover: z.boolean().default(true).describe("Without files: find the error logs of this host's nginx"),
      start_at: z
        .enum(['end', 'beginning'])
        .default('end')
        .describe('Where to begin in files that are already there at the first start'),
      peer_limit: z.number().int().min(16).max(65_536).default(4096).describe('Upstream addresses told apart'),
      file_limit: z.number().int().min(1).max(10_000).default(512).describe('Files followed at once'),
    },
  );

const metrics = {
  lines: counter(
    'badgateway_log_lines_total',
    'Error log lines read, by result: failure, symptom, nothing (nginx, but no failure), foreign (not an nginx error line), too_long, partial (a piece of a line split by the container runtime).',
    [...SUBJECT_LABELS, 'result'],
  ),
  unclean: counter(
    'badgateway_log_unclean_lines_total',
    'Lines with bytes that do not belong into a log line; they are read all the same.',
    [...SUBJECT_LABELS, 'kind'],
  ),
  peerless: counter(
    'badgateway_log_failures_without_peer_total',
    'Failures whose line names no usable upstream address: absent, ambiguous (more than one candidate: somebody may be forging), cut (nginx cuts lines at 2048 bytes), overflow (peer_limit).',
    [...SUBJECT_LABELS, 'reason'],
  ),
  losses: counter(
    'badgateway_log_loss_events_total',
    'Times that log data may have been destroyed before it was read.',
    [...SUBJECT_LABELS, 'reason'],
  ),
  lost: counter('badgateway_log_lost_bytes_total', 'Bytes destroyed unread; a lower bound.', [...SUBJECT_LABELS]),
  skipped: counter('badgateway_log_skipped_bytes_total', 'Bytes of lines over 64 KiB, skipped.', [...SUBJECT_LABELS]),
  files: gauge(
    'badgateway_log_files',
    'Files followed, by state: following, catching_up, missing, refused (not readable).',
    [...SUBJECT_LABELS, 'state'],
  ),
  lag: gauge('badgateway_log_lag_bytes', 'Bytes written and not yet read.', [...SUBJECT_LABELS]),
  lastRead: gauge(
    'badgateway_log_last_read_timestamp_seconds',
    'When the last bytes were read; absent before the first.',
    [...SUBJECT_LABELS],
  ),
} as const satisfies MetricTable;

export type NginxErrorLogConfig = z.output<ReturnType<typeof schema>>;
export type NginxErrorLogMetrics = typeof metrics;

export const nginxErrorLog = defineCollector({
  name: 'nginx_error_log',
  summary: 'Failed upstream attempts from nginx error logs: each line once, over rotation and restart',
  schema,
  metrics,
  async load() {
    const { ErrorLogFollower } = await import('./error-log-follower.ts');
    return (config, context) => new ErrorLogFollower(config, context);
  },
});
