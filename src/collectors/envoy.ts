import * as z from 'zod';
import { durationMs, sizeBytes, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { isLocal, parseBase } from '../sources/http-get.ts';
import { USUAL_PORTS } from './envoy-discovery.ts';
import { ENVOY_METRICS } from './envoy-metrics.ts';

const targetSchema = () =>
  z
    .strictObject({
      url: z.string().describe('Admin interface: http://127.0.0.1:9901 or unix:/run/envoy.sock'),
      gateway: z
        .string()
        .default('')
        .describe('Value of the label `gateway`; default envoy, or envoy-<port> of several'),
      namespace: z.string().default('').describe('Kubernetes namespace of the Envoy'),
      pod: z.string().default('').describe('Pod of the Envoy'),
      container: z.string().default('').describe('Container of the Envoy'),
      allow_remote: z
        .boolean()
        .default(false)
        .describe(
          'Allow an address that is neither loopback nor a unix socket; the admin interface has no authentication',
        ),
    })
    .superRefine((target, issues) => {
      try {
        if (!isLocal(parseBase(target.url)) && !target.allow_remote)
          issues.addIssue({
            code: 'custom',
            path: ['url'],
            message: 'is neither loopback nor a unix socket; set allow_remote: true if that is meant',
          });
      } catch (error) {
        issues.addIssue({ code: 'custom', path: ['url'], message: (error as Error).message });
      }
    });

export const envoySchema = () =>
  unitSchema(
    { enabled: true, interval: '10s' },
    {
      targets: z.array(targetSchema()).max(64).default([]).describe('Envoys to watch'),
      discover: z
        .boolean()
        .default(true)
        .describe(`Look for an Envoy on ports ${USUAL_PORTS.join(', ')} of 127.0.0.1`),
      discover_interval: durationMs(1000, 86_400_000).prefault('1m').describe('Time between two looks for new Envoys'),
      timeout: durationMs(100, 60_000).prefault('5s').describe('For each request of a poll'),
      max_response_bytes: sizeBytes(64 * 1024, 4 * 1024 ** 3)
        .prefault('512MiB')
        .describe('An answer over this size is abandoned; answers are streamed, not held'),
      histograms: z
        .boolean()
        .default(true)
        .describe('Read latencies from /stats/prometheus where no access log of the Envoy is followed'),
    },
  );

export type EnvoyConfig = z.output<ReturnType<typeof envoySchema>>;

export const envoy = defineCollector({
  name: 'envoy',
  summary: 'Failed requests, hosts, circuit breakers and state of Envoy, from its admin interface',
  schema: envoySchema,
  metrics: ENVOY_METRICS,
  load: async () => (await import('./envoy-collector.ts')).createEnvoyCollector,
});
