import type { Observation } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';

/** No connection came about. Envoy's counters say `connect_refused` for everything but a timeout. */
export const CONNECT_SYMPTOMS = [
  'connect_refused',
  'connect_timeout',
  'host_unreachable',
  'network_unreachable',
  'connect_reset',
] as const satisfies readonly Symptom[];

/** The peer broke off what it had accepted. */
export const BROKEN_SYMPTOMS = [
  'premature_close',
  'reset',
  'broken_pipe',
  'truncated_response',
] as const satisfies readonly Symptom[];

/** The request had been sent, or begun to be. */
export const IN_FLIGHT_SYMPTOMS = [...BROKEN_SYMPTOMS, 'response_timeout'] as const satisfies readonly Symptom[];

/** Somebody answered, but not as was expected. */
export const ANSWER_SYMPTOMS = [
  'tls_handshake',
  'tls_verify',
  'header_too_big',
  'invalid_response',
  'stream_rejected',
  'protocol_error',
  'upstream_5xx',
] as const satisfies readonly Symptom[];

const IN_FLIGHT: ReadonlySet<Symptom> = new Set(IN_FLIGHT_SYMPTOMS);

export function isInFlight({ symptom }: Pick<Observation, 'symptom'>): boolean {
  return IN_FLIGHT.has(symptom);
}

/**
 * Whether `other` is about the peer. Of Envoy it is a connection that failed in a way it does not count apart; of nginx it may as well be a
 * full disk or a wrong name in the configuration.
 */
export function isAboutPeer({ proxy, symptom }: Pick<Observation, 'proxy' | 'symptom'>): boolean {
  return symptom !== 'other' || proxy === 'envoy';
}
