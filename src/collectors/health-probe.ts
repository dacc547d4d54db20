import * as z from 'zod';
import { gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { durationMs, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { checkPlaces, httpPlace } from './http-place.ts';

const label = z.string().max(253).default('');

const target = () =>
  z.strictObject({
    url: httpPlace.describe(
      'What answers while the gateway is well: http://127.0.0.1:8080/health or unix:/run/health.sock:/health',
    ),
    gateway: z.string().min(1).max(253).describe('Name of the gateway, a label on its series'),
    namespace: label.describe('Namespace of the pod that it runs in, if any'),
    pod: label.describe('Pod that it runs in, if any'),
    container: label.describe('Container that it runs in, if any'),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '15s' },
    {
      targets: z.array(target()).max(64).default([]).describe('Health pages to ask for'),
      timeout: durationMs(50, 10_000).prefault('3s').describe('Longest wait for one answer'),
      allow_remote: z.boolean().default(false).describe('Allow targets that are not loopback or a unix socket'),
    },
  ).superRefine(checkPlaces);

const metrics = {
  success: gauge(
    'badgateway_health_probe_success',
    '1 when the last probe was answered with a status from 200 to 399, 0 when it was not.',
    SUBJECT_LABELS,
  ),
  duration: gauge(
    'badgateway_health_probe_duration_seconds',
    'How long the last probe took, to the end of the answer or of the wait for it.',
    SUBJECT_LABELS,
  ),
} as const satisfies MetricTable;

export type HealthProbeConfig = z.output<ReturnType<typeof schema>>;
export type HealthProbeMetrics = typeof metrics;

/** Asks gateways for their health page, as a kubelet's probe would: outside Kubernetes nobody else does. */
export const healthProbe = defineCollector({
  name: 'health_probe',
  summary: 'whether the health pages of gateways answer (off until targets are named)',
  schema,
  metrics,
  load: async () => (await import('./health-probe-collector.ts')).createHealthProbe,
});
