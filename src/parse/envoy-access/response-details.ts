import type { Symptom } from '../../contract/names.ts';
import { flagsOfReset, isConnectTimeout, isHalfClose } from './reset-reason.ts';
import { FLAG } from './response-flags.ts';
import { readTransportReason, type TransportReason } from './transport-reason.ts';

/** When a symptom is a failure: `always`, with a code of 500 and more, or `never`. */
export type FailsWhen = 'always' | 'server_error' | 'never';

/** What %RESPONSE_CODE_DETAILS% says. */
export interface ResponseDetails {
  /** Bits of FLAG that Envoy sets with these details; 0: none, or not known. */
  readonly flags: number;
  /** Headers had been sent when it broke off. */
  readonly isAfterHeaders: boolean;
  /** The upstream answered itself. */
  readonly isUpstreams: boolean;
  /** No upstream was chosen, and no service asked: the route says so. No statistics of a cluster tell. */
  readonly isOwn: boolean;
  /** None of Envoy's words for what becomes of an attempt: some filter's, which answered itself. */
  readonly isUnknown: boolean;
  /** A filter refused, or the service that it asked failed it: the upstream of the route has nothing to do with it. */
  readonly isOfFilter: boolean;
  /** Decided without any flag. */
  readonly symptom: Symptom | null;
  readonly fails: FailsWhen;
  readonly transport: TransportReason | null;
}

const NOTHING: ResponseDetails = {
  flags: 0,
  isAfterHeaders: false,
  isUpstreams: false,
  isOwn: false,
  isUnknown: false,
  isOfFilter: false,
  symptom: null,
  fails: 'never',
  transport: null,
};

/** Details that Envoy sets together with a flag (facts envoy.md §3.4). Up to the first `{` or `(`. */
const WITH_FLAG: Readonly<Record<string, number>> = {
  no_healthy_upstream: FLAG.UH,
  cluster_not_found: FLAG.NC,
  route_not_found: FLAG.NR,
  route_configuration_not_found: FLAG.NR,
  filter_chain_not_found: FLAG.NR,
  response_timeout: FLAG.UT,
  // What the documentation calls it.
  upstream_response_timeout: FLAG.UT,
  upstream_per_try_timeout: FLAG.UT,
  upstream_per_try_idle_timeout: FLAG.UT,
  upstream_max_stream_duration_reached: FLAG.UMSDR,
  stream_idle_timeout: FLAG.SI,
  // Of the connection manager's max_stream_duration: Envoy sets no flag (seen on 1.36.4).
  max_duration_timeout: FLAG.UMSDR,
  duration_timeout: FLAG.DT,
  overload: FLAG.OM,
  drop_overload: FLAG.DO,
  unconditional_drop_overload: FLAG.UDO,
  dns_resolution_failure: FLAG.DF,
  fault_filter_abort: FLAG.FI,
  downstream_remote_disconnect: FLAG.DC,
  downstream_local_disconnect: FLAG.DC,
  'http2.remote_reset': FLAG.DC,
  request_rate_limited: FLAG.RL,
  local_rate_limited: FLAG.RL,
  rate_limiter_error: FLAG.RLSE,
  ext_authz_error: FLAG.UAEX,
  ext_authz_denied: FLAG.UAEX,
};
/** Details that decide alone, whatever flag is set. */
const ALONE: readonly (readonly [pattern: RegExp, symptom: Symptom, fails: FailsWhen])[] = [
  [/^rbac_access_denied_matched_policy\b/, 'rbac_denied', 'never'],
  [/^request_payload_too_large$/, 'body_too_large', 'never'],
  [/^request_headers_too_large$/, 'client_bad_request', 'never'],
  // Envoy flags it UO, but no limit was reached: an operator switched it on.
  [/^maintenance_mode$/, 'other', 'always'],
  [
    /^(?:response_payload_too_large|response_headers_too_large|filter_removed_required_response_headers)$/,
    'other',
    'always',
  ],
  [/^ext_proc_error/, 'other', 'server_error'],
  // The filters adaptive_concurrency and admission_control.
  [/^(?:reached_concurrency_limit|denied_by_admission_control)$/, 'overload', 'always'],
  // The overload manager and its load shed points, with the flag OM, DPE or none (seen on 1.36.4).
  [/^overload$/, 'overload', 'always'],
];
const OF_FILTER = /^(?:ext_proc_error|reached_concurrency_limit$|denied_by_admission_control$|overload$)/;
const RESET = /^upstream_reset_(before|after)_response_started(?:\{([^|,}]*)(?:[|,](.*?))?\}?)?$/s;

export function readResponseDetails(text: string): ResponseDetails {
  if (text === 'via_upstream') return { ...NOTHING, isUpstreams: true };
  const reset = RESET.exec(text);
  if (reset !== null) return readReset(reset[1] === 'after', reset[2] ?? '', reset[3] ?? '');
  const alone = ALONE.find(([pattern]) => pattern.test(text));
  const name = /^[^{(]*/.exec(text)?.[0] ?? '';
  const flags = Object.hasOwn(WITH_FLAG, name) ? WITH_FLAG[name] : 0;
  const isOwn = text === 'direct_response';
  if (alone !== undefined)
    return { ...NOTHING, flags, symptom: alone[1], fails: alone[2], isOwn, isOfFilter: OF_FILTER.test(text) };
  return { ...NOTHING, flags, isOwn, isUnknown: flags === 0 && !isOwn };
}

function readReset(isAfterHeaders: boolean, reason: string, transport: string): ResponseDetails {
  const details = { ...NOTHING, isAfterHeaders, flags: flagsOfReset(reason) };
  if (transport !== '') return { ...details, transport: readTransportReason(transport) };
  if (isConnectTimeout(reason)) return { ...details, transport: { symptom: 'connect_timeout', errno: null } };
  return isHalfClose(reason) && !isAfterHeaders ? { ...details, symptom: 'premature_close', fails: 'always' } : details;
}
