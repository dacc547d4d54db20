import * as z from 'zod';
import { foreignCounter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { durationMs, unitSchema } from '../contract/schema.ts';
import { defineCollector } from '../contract/unit.ts';
import { checkPlaces, httpPlace } from './http-place.ts';

const label = z.string().max(253).default('');

const target = () =>
  z.strictObject({
    url: httpPlace.describe(
      'Where stub_status answers: http://127.0.0.1:8080/nginx_status or unix:/run/nginx-status.sock:/nginx_status',
    ),
    gateway: z.string().min(1).max(253).default('nginx').describe('Name of the gateway, a label on its series'),
    namespace: label.describe('Namespace of the pod that nginx runs in, if any'),
    pod: label.describe('Pod that nginx runs in, if any'),
    container: label.describe('Container that nginx runs in, if any'),
  });

const schema = () =>
  unitSchema(
    { enabled: true, interval: '5s' },
    {
      targets: z.array(target()).max(64).default([]).describe('stub_status pages to read'),
      timeout: durationMs(50, 10_000).prefault('2s').describe('Longest wait for one answer'),
      allow_remote: z.boolean().default(false).describe('Allow targets that are not loopback or a unix socket'),
    },
  ).superRefine(checkPlaces);

const metrics = {
  up: gauge('badgateway_nginx_up', '1 when stub_status answered the last poll, 0 when it did not.', SUBJECT_LABELS),
  requests: foreignCounter('badgateway_nginx_requests_total', 'Client requests, of any code.', SUBJECT_LABELS),
  accepted: foreignCounter(
    'badgateway_nginx_connections_accepted_total',
    'Client connections accepted.',
    SUBJECT_LABELS,
  ),
  handled: foreignCounter(
    'badgateway_nginx_connections_handled_total',
    'Client connections handled; accepted and not handled were closed at a limit such as worker_connections.',
    SUBJECT_LABELS,
  ),
  connections: gauge(
    'badgateway_nginx_connections',
    'Client connections now: active, of them reading, writing and waiting. Upstream connections are not among them.',
    [...SUBJECT_LABELS, 'state'],
  ),
} as const satisfies MetricTable;

export type NginxStatusConfig = z.output<ReturnType<typeof schema>>;
export type NginxStatusMetrics = typeof metrics;

/** Requests and connections of nginx from `stub_status`: without codes, but of every open source nginx. */
export const nginxStatus = defineCollector({
  name: 'nginx_status',
  summary: "nginx' requests and client connections from stub_status",
  schema,
  metrics,
  load: async () => (await import('./nginx-status-collector.ts')).createNginxStatus,
});
