import type * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { defineCollector } from '../contract/unit.ts';
import { apiSchema } from './upstream-api-config.ts';

const schema = () =>
  apiSchema({
    interval: '2s',
    path: null,
    url: 'Where the status port of ingress-nginx answers: http://127.0.0.1:10246',
    targets: 'Controllers to read',
    discover: 'Without targets: look at 127.0.0.1:10246 every minute',
  });

const METRICS = {
  backends: gauge(
    'badgateway_ingress_nginx_backends',
    'Backends that ingress-nginx sends requests to.',
    SUBJECT_LABELS,
  ),
  skipped: gauge(
    'badgateway_ingress_nginx_skipped_backends',
    'Backends left out of the last answer, by reason: invalid (not readable as a whole), duplicate (of a name), limit (too many).',
    [...SUBJECT_LABELS, 'reason'],
  ),
  pollErrors: counter('badgateway_ingress_nginx_poll_errors_total', 'Failed polls by reason.', [
    ...SUBJECT_LABELS,
    'reason',
  ]),
} as const satisfies MetricTable;

export type IngressNginxConfig = z.output<ReturnType<typeof schema>>;
export type IngressNginxMetrics = typeof METRICS;

/** The endpoints that ingress-nginx uses, which never stand in its nginx.conf: Lua has them. */
export const ingressNginx = defineCollector({
  name: 'ingress_nginx',
  summary: 'Upstream addresses that ingress-nginx uses, from its status port',
  schema,
  metrics: METRICS,
  load: async () => (await import('./ingress-nginx-collector.ts')).createIngressNginxCollector,
});
