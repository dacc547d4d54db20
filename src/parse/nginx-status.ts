import type { Fields } from './nginx-fields.ts';
import { PHASE } from './nginx-phase.ts';

interface FailedAttempt {
  readonly message: string;
  /** Index into PHASES. */
  readonly phase: number;
  readonly isStream: boolean;
  readonly fields: Fields;
}

const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;
const INTERNAL_ERROR = 500;
const OK = 200;

/** ngx_event_connect_peer gives NGX_ERROR, or the name of the upstream is wrong: nginx/nginx src/http/ngx_http_upstream.c. */
const OUR_OWN_FAULT =
  /^(?:bind\(|socket\(\)|the new socket |\d+ worker_connections |no (?:port|host) in upstream|invalid port in upstream|invalid URL prefix |failed to run balancer_by_lua|lua balancer: |auth request unexpected )/;
/** The body of a request found no place: src/http/ngx_http_request_body.c. */
const NOT_STORED = /^pwritev?\(\) /;
const TIMED_OUT = /^(?:upstream timed out|proxy_connect: upstream connect timed out)/;
const NAME_FAILED = /^(?:\S+ could not be resolved |no resolver defined )/;

/**
 * The status of the answer when this failed attempt was the last one (ngx_http_upstream_next), or the session status in the
 * stream module. Null: headers were sent before, or what the client gets depends on something else.
 */
export function clientStatus({ message, phase, isStream, fields }: FailedAttempt): number | null {
  // auth_request makes it 500, mirror and SSI change nothing for the client.
  if (fields.isSubrequest) return null;
  if (OUR_OWN_FAULT.test(message)) return INTERNAL_ERROR;
  if (isStream) return sessionStatus(message, phase);
  if (NAME_FAILED.test(message)) return BAD_GATEWAY;
  // Passed through as HTTP/0.9.
  if (message.startsWith('upstream sent no valid HTTP/1.0 header')) return OK;
  if (hasSentHeaders(phase)) return null;
  if (NOT_STORED.test(message)) return INTERNAL_ERROR;
  return TIMED_OUT.test(message) ? GATEWAY_TIMEOUT : BAD_GATEWAY;
}

function hasSentHeaders(phase: number): boolean {
  return phase === PHASE.read_body || phase === PHASE.upgraded || phase === PHASE.stream_proxy || phase >= PHASE.client;
}

function sessionStatus(message: string, phase: number): number | null {
  if (NAME_FAILED.test(message)) return INTERNAL_ERROR;
  if (phase === PHASE.connect || phase === PHASE.tls_handshake) return BAD_GATEWAY;
  return TIMED_OUT.test(message) ? BAD_GATEWAY : null;
}
