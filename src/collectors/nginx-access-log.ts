import * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { durationMs, sizeBytes, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { BUILTIN_FORMATS } from '../parse/access-log/builtin-formats.ts';
import { ESCAPES } from '../parse/access-log/log-format.ts';
import { nginxErrorLog } from './nginx-error-log.ts';

const DEFAULT_FORMAT = 'combined';
const MOST_FORMATS = 64;

const path = z.string().min(1);
const file = () =>
  z.strictObject({
    path: path.describe('File or glob (`*`, `?`, `[..]`, `{a,b}`), also /var/log/pods/… of container runtimes'),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe(
        'Value of the gateway label, outside of pods also for all that is found of the nginx that writes it; default: workload of the pod, else `nginx`',
      ),
    format: z
      .string()
      .default(DEFAULT_FORMAT)
      .describe(`Name of its format: of \`formats\`, or ${Object.keys(BUILTIN_FORMATS).join(', ')}, or auto`),
  });

const formatText = z.string().min(1).max(16_384);
const format = () =>
  z.strictObject({
    text: formatText.describe('As behind the name in `log_format`, without its quotes'),
    escape: z.enum(ESCAPES).default('default'),
    words: z
      .array(z.string())
      .default([])
      .describe('Own variables that hold one word (letters, digits, `._:/+-`) and nothing that a client sends'),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5s' },
    {
      files: z
        .array(z.union([path.transform((only) => ({ path: only, format: DEFAULT_FORMAT })), file()]))
        .default([])
        .describe('Access logs to follow'),
      formats: z
        .record(z.string().max(128), z.union([formatText, format()]))
        .refine((formats) => Object.keys(formats).length <= MOST_FORMATS, `must not be more than ${MOST_FORMATS}`)
        .default({})
        .describe('Formats by name: the text of `log_format`, or its text and escape'),
      discover: z.boolean().default(true).describe("Without files: find the access logs of this host's nginx"),
      start_at: z
        .enum(['end', 'beginning'])
        .default('end')
        .describe('Where to begin in files that are already there at the first start'),
      peer_limit: z.number().int().min(16).max(65_536).default(4096).describe('Upstream addresses told apart'),
      file_limit: z.number().int().min(1).max(10_000).default(512).describe('Files followed at once'),
      threads: z
        .number()
        .int()
        .min(0)
        .max(64)
        .default(2)
        .describe(
          'Most worker threads for files that grow fast, never more than processors; 0: none. None runs without such a file',
        ),
      thread_above: sizeBytes(65_536, 2 ** 40)
        .prefault('32MiB')
        .describe('Bytes read of a file in one second above which worker threads read it'),
      thread_idle: durationMs(1000, 3_600_000)
        .prefault('10s')
        .describe('Worker threads are ended after this long without such a file'),
    },
  );

const { losses, lost, skipped } = nginxErrorLog.metrics;
const metrics = {
  lines: counter(
    'badgateway_nginx_access_log_lines_total',
    'Access log lines read, by result: counted; quotes, text, value, attempts (it does not fit the format there), error_line, ambiguous, too_long, partial (a piece of a line split by the container runtime), unwrapped (not written by the runtime), other_stream, unknown_format (no built-in format fits).',
    [...SUBJECT_LABELS, 'result'],
  ),
  losses,
  lost,
  skipped,
  files: gauge(
    'badgateway_nginx_access_log_files',
    'Access logs followed, by state: following, catching_up, missing, refused (not readable), refused_format.',
    [...SUBJECT_LABELS, 'state'],
  ),
  lag: gauge('badgateway_nginx_access_log_lag_bytes', 'Bytes written to access logs and not yet read.', [
    ...SUBJECT_LABELS,
  ]),
  threads: gauge(
    'badgateway_nginx_access_log_threads',
    'Worker threads that read access logs; 0 while no file grows fast.',
    [],
  ),
  lastRead: gauge(
    'badgateway_nginx_access_log_last_read_timestamp_seconds',
    'When the last bytes of an access log were read; absent before the first.',
    [...SUBJECT_LABELS],
  ),
} as const satisfies MetricTable;

export type NginxAccessLogConfig = z.output<ReturnType<typeof schema>>;
export type NginxAccessLogMetrics = typeof metrics;

export const nginxAccessLog = defineCollector({
  name: 'nginx_access_log',
  summary: 'Answers, latencies, attempts and bytes from nginx access logs of any format: each line once',
  schema,
  metrics,
  async load() {
    const { AccessLogFollower } = await import('./access-log-follower.ts');
    return (config, context) => new AccessLogFollower(config, context);
  },
});
