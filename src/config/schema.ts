import * as z from 'zod';
import { COLLECTORS } from '../collectors/index.ts';
import { durationMs } from '../contract/schema.ts';

export const ROLES = ['process', 'agent', 'sidecar'] as const;

type CollectorSchemas = { [U in (typeof COLLECTORS)[number] as U['name']]: U['schema'] };

/** The units' own schemas under the units' own names; a unit without configuration runs with its defaults. */
const collectorShape = Object.fromEntries(
  COLLECTORS.map((unit) => [unit.name, (unit.schema as z.ZodType).prefault({}).describe(unit.summary)]),
) as unknown as { [K in keyof CollectorSchemas]: z.ZodPrefault<CollectorSchemas[K]> };

const absolutePath = z.string().regex(/^(\/.*)?$/, 'must be an absolute path');

/** The whole configuration. Nothing configured is a working configuration. */
export const configSchema = z.strictObject({
  role: z.enum(ROLES).default('process').describe('Changes defaults only: agent looks at the node through /host/proc'),
  listen: z
    .strictObject({
      metrics: z.string().default(':9502').describe('Address of /metrics and /-/*'),
      page: z.string().default('127.0.0.1:9503').describe('Address of the status page and /api/v1/status'),
    })
    .prefault({}),
  web: z
    .strictObject({
      config_file: z
        .string()
        .default('')
        .describe('TLS and passwords, in the format of the Prometheus exporter-toolkit'),
      enable_reload: z.boolean().default(false).describe('Allow POST /-/reload; SIGHUP always works'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('The least severe lines that are written'),
      format: z.enum(['auto', 'json', 'text']).default('auto').describe('auto: text on a terminal, else json'),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      directory: absolutePath
        .default('')
        .describe(
          'Where log offsets and counters survive a restart; default: $STATE_DIRECTORY, else /var/lib/badgateway',
        ),
      interval: durationMs(100, 60_000).prefault('1s').describe('Shortest time between two saves'),
    })
    .prefault({}),
  paths: z
    .strictObject({
      proc: absolutePath.default('').describe("The host's /proc; default: /host/proc for role agent, else /proc"),
      root: absolutePath.default('').describe("The host's root directory, when it is mounted"),
    })
    .prefault({}),
  series_limit: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('Series per metric before the overflow series'),
  collectors: z.strictObject(collectorShape).prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** JSON Schema of the configuration file, for editors and docs/. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
