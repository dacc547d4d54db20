import * as z from 'zod';
import { COLLECTORS } from '../collectors/index.ts';
import { durationMs } from '../contract/schema.ts';
import { DURATION_BUCKETS } from '../contract/traffic.ts';
import { compileOverrides } from '../facts/service-mapping-override.ts';

/** A port alone is a number. */
const ADDRESS = 'must be text, HOST:PORT: for example ":9502", or "127.0.0.1:9503" for this machine only';

export const ROLES = ['process', 'agent', 'sidecar'] as const;

type CollectorSchemas = { [U in (typeof COLLECTORS)[number] as U['name']]: U['schema'] };

/** The units' own schemas under the units' own names; a unit without configuration runs with its defaults. */
const collectorShape = () =>
  Object.fromEntries(
    COLLECTORS.map((unit) => [unit.name, (unit.schema as z.ZodType).prefault({}).describe(unit.summary)]),
  ) as unknown as { [K in keyof CollectorSchemas]: z.ZodPrefault<CollectorSchemas[K]> };

const absolutePath = z.string().regex(/^(\/.*)?$/, 'must be an absolute path');

/** The whole configuration. Nothing configured is a working configuration. Made for each reading, as its parts are. */
export const configSchema = () =>
  z.strictObject({
    role: z
      .enum(ROLES)
      .default('process')
      .describe('Changes defaults only: agent looks at the node through /host/proc'),
    listen: z
      .strictObject({
        metrics: z.string({ error: ADDRESS }).default(':9502').describe('Address of /metrics and /-/*'),
        page: z
          .string({ error: ADDRESS })
          .default('127.0.0.1:9503')
          .describe('Address of the status page and /api/v1/status'),
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
    upstreams: z
      .strictObject({
        stale_after: durationMs(10_000, 3_600_000)
          .prefault('3m')
          .describe('When the last word of the API server or of a proxy is older, its upstreams are unknown'),
        hold_down: durationMs(0, 600_000)
          .prefault('3s')
          .describe('An address is called stale, missing and so on after two looks and so long'),
        services: z
          .array(
            z.strictObject({
              upstream: z.string().min(1).max(200).describe('Regular expression that matches whole upstream names'),
              service: z
                .string()
                .regex(/^(?:[a-z0-9.-]+\/[a-z0-9.-]+|none)$/, 'must be namespace/name or none')
                .describe('Service, namespace/name; none: not one of this cluster, its addresses are unknown'),
              port: z
                .union([z.number().int().min(1).max(65_535), z.string().min(1).max(63)])
                .optional()
                .describe('Number or name of the port of the Service'),
            }),
          )
          .max(1000)
          .default([])
          .superRefine((services, issues) => {
            for (const message of compileOverrides(services).problems) issues.addIssue({ code: 'custom', message });
          })
          .describe('Services of upstreams whose names do not say them'),
        controllers: z
          .array(z.string().regex(/^[a-z0-9.-]+\/[a-z0-9.-]+$/, 'must be namespace/name'))
          .max(8)
          .default([])
          .describe(
            'Services (namespace/name) of the controllers that configure the gateways, e.g. nginx-gateway/ngf-nginx-gateway-fabric: whether they are there and connected',
          ),
      })
      .prefault({}),
    traffic: z
      .strictObject({
        duration_buckets: z
          .array(z.number().positive().max(86_400))
          .min(1)
          .max(60)
          .default([...DURATION_BUCKETS])
          .refine((bounds) => bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]), 'must ascend')
          .describe(
            'Upper bounds of the durations of requests and attempts, in seconds; 0.5 is a threshold of the rules',
          ),
      })
      .prefault({}),
    series_limit: z
      .number()
      .int()
      .min(100)
      .max(1_000_000)
      .default(10_000)
      .describe('Series per metric before the overflow series'),
    collectors: z.strictObject(collectorShape()).prefault({}),
  });

export type Config = z.output<ReturnType<typeof configSchema>>;

/** JSON Schema of the configuration file, for editors and docs/. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema(), { io: 'input' });
}
