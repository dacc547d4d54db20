import { counter, gauge, type MetricTable } from '../contract/metrics.ts';

export const KUBERNETES_METRICS = {
  lastActivity: gauge(
    'badgateway_watch_last_activity_timestamp_seconds',
    'Until when everything the API server has to say of the resource is known; verdicts on endpoints need it to be recent.',
    ['resource'],
  ),
  lastSync: gauge(
    'badgateway_watch_last_sync_timestamp_seconds',
    'When the resource was last read as a whole, or compared with a whole list.',
    ['resource'],
  ),
  objects: gauge('badgateway_watch_objects', 'Objects of the resource that are known.', ['resource']),
  synced: gauge(
    'badgateway_watch_synced',
    '1 when all objects that are wanted have been read, 0 while some have not.',
    ['resource'],
  ),
  restarts: counter(
    'badgateway_watch_restarts_total',
    'Lists and watches that came to an end, by reason; ended and idle are usual, every few minutes.',
    ['resource', 'reason'],
  ),
  drift: counter(
    'badgateway_relist_drift_total',
    'Objects that were not as a later list said, though no event had come: lost events. Repaired; must stay 0.',
    ['resource'],
  ),
  requests: counter(
    'badgateway_kubernetes_requests_total',
    'Requests to the API server; code is the status, 4xx or 5xx for rare ones, none when there was no answer.',
    ['resource', 'verb', 'code'],
  ),
  connections: counter(
    'badgateway_kubernetes_connections_total',
    'Connections opened to the API server, each with a TLS handshake.',
    [],
  ),
} as const satisfies MetricTable;

/** Closed set of the label `code`. */
export function codeClass(status: number): string {
  if (status === 0) return 'none';
  if ([200, 401, 403, 404, 410, 429].includes(status)) return String(status);
  return `${Math.floor(status / 100)}xx`;
}
