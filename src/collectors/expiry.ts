import * as z from 'zod';
import { CERTIFICATE_METRICS } from '../contract/certificate-metrics.ts';
import { gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';

const file = () =>
  z.union([
    z
      .string()
      .startsWith('/', 'must be an absolute path')
      .max(4096)
      .transform((path) => ({ path })),
    z.strictObject({
      path: z.string().startsWith('/', 'must be an absolute path').max(4096),
      name: z.string().min(1).max(128).optional().describe('Value of the name label; default: the path'),
      gateway: z
        .string()
        .max(253)
        .optional()
        .describe('The gateway that needs it; without, its expiry is no condition of a gateway'),
    }),
  ]);

const schema = () =>
  unitSchema(
    { enabled: true, interval: '1m' },
    {
      tokens: z
        .array(file())
        .max(64)
        .default([])
        .describe('Files with a JSON Web Token that were mounted for this; only its exp is read'),
      certificates: z
        .array(file())
        .max(256)
        .default([])
        .describe('PEM files with certificates; the earliest expiry counts'),
      own_token: z.boolean().default(true).describe('Watch the own service account token, where there is one'),
    },
  );

const metrics = {
  tokenExpiry: gauge('badgateway_token_expiry_timestamp_seconds', 'When a token expires.', [...SUBJECT_LABELS, 'name']),
  ...CERTIFICATE_METRICS,
} as const satisfies MetricTable;

export type ExpiryConfig = z.output<ReturnType<typeof schema>>;
export type ExpiryMetrics = typeof metrics;

/** Tokens and certificates from files. Envoy's own certificates come from its admin interface. */
export const expiry = defineCollector({
  name: 'expiry',
  summary: 'When tokens and certificates in files expire',
  schema,
  metrics,
  async load() {
    const { ExpiryCollector } = await import('./expiry-collector.ts');
    return (config, context) => new ExpiryCollector(config, context);
  },
});
