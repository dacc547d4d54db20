import type { Writers } from '../contract/metrics.ts';
import { counter, gauge } from '../contract/metrics.ts';

/** What is counted per request; unknown paths are `other`. */
export const HANDLERS = [
  'metrics',
  'healthy',
  'ready',
  'reload',
  'page',
  'status',
  'upstreams',
  'events',
  'incidents',
  'other',
] as const;
export type Handler = (typeof HANDLERS)[number];

export const AUTH_FAILURES = ['wrong_password', 'unknown_user', 'missing', 'client_certificate', 'busy'] as const;
export type AuthFailure = (typeof AUTH_FAILURES)[number];

/** `client_alert`: the client ended the handshake (it does not trust our certificate, for instance). */
export const HANDSHAKE_FAILURES = ['plain_http', 'version_or_cipher', 'client_alert', 'closed', 'other'] as const;
export type HandshakeFailure = (typeof HANDSHAKE_FAILURES)[number];

export const HTTP_METRICS = {
  requests: counter('badgateway_http_requests_total', 'Requests answered by badgateway itself.', ['handler', 'code']),
  authFailures: counter(
    'badgateway_http_auth_failures_total',
    'Requests and TLS connections refused for lack of a valid password or client certificate.',
    ['reason'],
  ),
  handshakeFailures: counter(
    'badgateway_http_tls_handshake_failures_total',
    'TLS handshakes that failed, other than for the client certificate.',
    ['reason'],
  ),
  connectionsDropped: counter(
    'badgateway_http_connections_dropped_total',
    'Connections closed at once because too many were open.',
    [],
  ),
  eventStreams: gauge('badgateway_http_event_streams', 'Pages that are open and kept live.', []),
  eventStreamsRefused: counter(
    'badgateway_http_event_streams_refused_total',
    'Pages that are not kept live because too many are open.',
    [],
  ),
  webConfigReloadFailures: counter(
    'badgateway_http_web_config_reload_failures_total',
    'New versions of the web config file or its certificates that were refused; the old one stays in force.',
    [],
  ),
  webConfigOk: gauge(
    'badgateway_http_web_config_last_reload_successful',
    'Whether the web config file and its certificates, as they are on disk now, are in force. Absent without such a file.',
    [],
  ),
} as const;

export type HttpWriters = Writers<typeof HTTP_METRICS>;

/** Failure counters start at 0, so that the first failure is an increase. */
export function createZeros(writers: HttpWriters): void {
  for (const reason of AUTH_FAILURES) writers.authFailures.inc({ reason }, 0);
  writers.connectionsDropped.inc({}, 0);
  writers.eventStreams.set({}, 0);
  writers.eventStreamsRefused.inc({}, 0);
  for (const reason of HANDSHAKE_FAILURES) writers.handshakeFailures.inc({ reason }, 0);
}
