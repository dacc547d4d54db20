import type * as z from 'zod';
import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';
import { defineCollector } from '../contract/unit.ts';
import { apiSchema } from './upstream-api-config.ts';

export const USUAL_PATH = '/api';

/** NGINX Gateway Fabric with NGINX Plus. It may write there; only GET is ever sent. */
export const FABRIC_SOCKET = '/var/run/nginx/nginx-plus-api.sock';

const schema = () =>
  apiSchema({
    interval: '5s',
    path: USUAL_PATH,
    url: 'Where the API of NGINX Plus answers: http://127.0.0.1:8080 or unix:/run/nginx-plus-api.sock; another path than /api follows, after a colon behind a socket',
    targets: 'Instances of NGINX Plus to read',
    discover: `Without targets: use ${FABRIC_SOCKET} (NGINX Gateway Fabric) if it is there`,
  });

const METRICS = {
  peers: gauge('badgateway_nginx_plus_peers', 'Servers of all upstreams of NGINX Plus, by the state that it says.', [
    ...SUBJECT_LABELS,
    'state',
  ]),
  skipped: gauge(
    'badgateway_nginx_plus_skipped_upstreams',
    'Upstreams left out of the last answer, by reason: invalid (not readable as a whole), duplicate (of a name), limit (too many).',
    [...SUBJECT_LABELS, 'reason'],
  ),
  pollErrors: counter('badgateway_nginx_plus_poll_errors_total', 'Failed polls by reason.', [
    ...SUBJECT_LABELS,
    'reason',
  ]),
} as const satisfies MetricTable;

export type NginxPlusConfig = z.output<ReturnType<typeof schema>>;
export type NginxPlusMetrics = typeof METRICS;

/** The servers that NGINX Plus uses now: set by its API, by DNS, or by its configuration. */
export const nginxPlus = defineCollector({
  name: 'nginx_plus',
  summary: 'Upstream addresses that NGINX Plus uses, and their states, from its API',
  schema,
  metrics: METRICS,
  load: async () => (await import('./nginx-plus-collector.ts')).createNginxPlusCollector,
});
