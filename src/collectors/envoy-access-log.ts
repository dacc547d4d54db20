import * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { ENVOY_FORMATS, type EnvoyFormatName } from '../parse/envoy-access/envoy-formats.ts';
import { readerOf } from './envoy-access-plan.ts';
import { nginxErrorLog } from './nginx-error-log.ts';

const NAMES = Object.keys(ENVOY_FORMATS) as [EnvoyFormatName, ...EnvoyFormatName[]];

const omitEmptyValues = z.boolean().default(false).describe('As in `log_format.omit_empty_values`');
const ownText = () =>
  z.strictObject({
    text: z.string().min(1).describe('As in `text_format_source`, with the newline at its end'),
    omit_empty_values: omitEmptyValues,
  });
const ownJson = () =>
  z.strictObject({
    json: z.record(z.string(), z.unknown()).describe('As in `json_format`'),
    omit_empty_values: omitEmptyValues,
  });
const ownFormat = () =>
  z
    .union([ownText(), ownJson()])
    .transform(({ omit_empty_values: isOmitting, ...format }) => ({ ...format, omitEmptyValues: isOmitting }));

const format = () =>
  z
    .union([z.enum(NAMES), ownFormat()])
    .optional()
    .superRefine((wanted, issues) => {
      try {
        readerOf(wanted);
      } catch (error) {
        issues.addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .describe('How Envoy writes it; default: the one of the built-in formats that its lines turn out to be');

const path = z.string().min(1);
const file = () =>
  z.strictObject({
    path: path.describe('File or glob (`*`, `?`, `[..]`, `{a,b}`), also /var/log/pods/… of container runtimes'),
    gateway: z
      .string()
      .max(253)
      .optional()
      .describe(
        'Value of the gateway label, as that of `collectors.envoy`; default: workload of the pod, else `envoy`',
      ),
    format: format(),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5s' },
    {
      files: z
        .array(z.union([path.transform((only) => ({ path: only, gateway: undefined, format: undefined })), file()]))
        .default([])
        .describe('Access logs to follow'),
      discover: z.boolean().default(true).describe("Without files: follow the logs of this host's pods with an Envoy"),
      start_at: z
        .enum(['end', 'beginning'])
        .default('end')
        .describe('Where to begin in files that are already there at the first start'),
      upstream_limit: z
        .number()
        .int()
        .min(16)
        .max(65_536)
        .default(4096)
        .describe('Upstream addresses and clusters of one gateway told apart'),
      file_limit: z.number().int().min(1).max(10_000).default(512).describe('Files followed at once'),
    },
  );

const { losses, lost, skipped } = nginxErrorLog.metrics;
const metrics = {
  lines: counter(
    'badgateway_envoy_access_log_lines_total',
    'Lines of Envoy access logs, by result: request, session (of a TCP proxy), ambiguous (a request that can be read in two ways: its code is `other`), foreign (not of this format), too_long, partial (a piece of a line split by the container runtime), unwrapped (not written by the runtime).',
    [...SUBJECT_LABELS, 'result'],
  ),
  overflows: counter(
    'badgateway_envoy_access_log_upstreams_overflowed_total',
    'Times that a line named an upstream address or a cluster beyond upstream_limit; it is counted without.',
    [...SUBJECT_LABELS],
  ),
  losses,
  lost,
  skipped,
  files: gauge(
    'badgateway_envoy_access_log_files',
    'Access logs followed, by state: following, catching_up, missing, refused (not readable).',
    [...SUBJECT_LABELS, 'state'],
  ),
  lag: gauge('badgateway_envoy_access_log_lag_bytes', 'Bytes written to access logs and not yet read.', [
    ...SUBJECT_LABELS,
  ]),
  lastRead: gauge(
    'badgateway_envoy_access_log_last_read_timestamp_seconds',
    'When the last bytes of an access log were read; absent before the first.',
    [...SUBJECT_LABELS],
  ),
} as const satisfies MetricTable;

export type EnvoyAccessLogConfig = z.output<ReturnType<typeof schema>>;
export type EnvoyAccessLogMetrics = typeof metrics;

export const envoyAccessLog = defineCollector({
  name: 'envoy_access_log',
  summary: 'Answers, latencies and failed requests with their upstream host, from Envoy access logs of any format',
  schema,
  metrics,
  async load() {
    const { EnvoyAccessFollower } = await import('./envoy-access-follower.ts');
    return (config, context) => new EnvoyAccessFollower(config, context);
  },
});
