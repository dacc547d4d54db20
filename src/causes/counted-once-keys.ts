import type { FailureSource, Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind, Symptom } from '../contract/names.ts';
import { envoyKey } from './counted-once-envoy.ts';

/** nginx had an address, but nothing to connect with: its access log has no address then. */
const BEFORE_CONNECTING: ReadonlySet<Symptom> = new Set(['fds_exhausted', 'worker_connections_exhausted']);
const isBeforeConnecting = (of: Observation) =>
  BEFORE_CONNECTING.has(of.symptom) || of.detail === 'not_our_address' || of.detail === 'not_begun';

/** What nginx tells of attempts at an address: a line without one was cut. */
const OF_AN_ADDRESS: ReadonlySet<Symptom> = new Set([
  'connect_refused',
  'connect_timeout',
  'host_unreachable',
  'network_unreachable',
  'connect_reset',
  'socket_missing',
  'permission_denied',
  'response_timeout',
  'premature_close',
  'reset',
  'broken_pipe',
  'truncated_response',
  'tls_handshake',
  'tls_verify',
  'header_too_big',
  'invalid_response',
  'stream_rejected',
]);
const CUT = 'cut';
const ATTEMPT_ENDS = ['failed', 'timeout'] as const;

/** Of who does not say. */
export function usualSource(proxy: ProxyKind): FailureSource {
  return proxy === 'nginx' ? 'error_log' : 'stats';
}

/** What limits answer by default, and what they are mostly told to. */
const USUAL_REFUSALS: readonly number[] = [429, 503];

/** What nginx answered itself for another reason than a limit is a failure like any other. */
export function withoutOtherStatus(
  observation: Observation,
  refusalStatuses: (subject: Subject) => readonly number[] | null,
): Observation {
  // Of nearly all there is none: nothing is copied for them.
  if (observation.ownStatus === undefined || observation.ownStatus === 429) return observation;
  const { ownStatus, ...other } = observation;
  return (refusalStatuses(other.subject) ?? USUAL_REFUSALS).includes(ownStatus) ? observation : other;
}

/** nginx has refused requests (limit_req, limit_conn): which answers that were, only an access log says. */
export function isRefusal({ isAnswered, symptom }: Observation): boolean {
  return isAnswered === true && symptom !== 'subrequest_failed';
}

/**
 * Failures; clients that have left nginx, which its error log says (at level info) as well as a 499; and what nginx answers itself
 * because of what it says.
 */
export function isToldTwice({ proxy, failure, symptom, isAnswered, isRefused, ownStatus }: Observation): boolean {
  const isOwn = isAnswered === true || isRefused === true || ownStatus !== undefined;
  return failure || isOwn || (proxy === 'nginx' && symptom === 'client_abort');
}

/** As the access log and the other source both know it: a pod by its name, else the gateway by its own. */
export function gatewayOf(proxy: ProxyKind, { namespace, pod, container, gateway }: Subject): string {
  return pod === '' ? `${proxy} ${gateway}` : `${proxy} ${namespace}/${pod}/${container}`;
}

/**
 * nginx: the address that was asked, and whether its time was over (504) or not (502), which both logs know. Envoy: the cluster, and
 * whether the upstream itself answered, as far as the log says them.
 */
export function keyOf(of: Observation): string {
  const { proxy, subject, symptom, peer, upstream, source } = of;
  const gateway = gatewayOf(proxy, subject);
  if (proxy === 'envoy') return envoyKey(gateway, { symptom, peer, upstream, source });
  if (symptom === 'client_abort') return `${gateway} left`;
  if (of.ownStatus || of.isRefused || isRefusal(of)) return `${gateway} refused`;
  const address = peer === null || isBeforeConnecting(of) ? '' : `${peer.address} ${peer.port ?? ''}`;
  return attemptKey(gateway, of, peer === null && OF_AN_ADDRESS.has(symptom) ? CUT : address);
}

/**
 * Of lines of the error log that may tell of the same attempt without its address: nginx cuts long lines, and does not believe what a client may
 * have forged.
 */
export function unaddressedKeys(of: Observation): readonly string[] {
  if (of.proxy !== 'nginx' || of.peer === null) return [];
  const gateway = gatewayOf(of.proxy, of.subject);
  return [attemptKey(gateway, of, CUT), attemptKey(gateway, of, '')];
}

/** Of attempts of requests inside a client's. */
export const innerKeyOf = ({ proxy, subject }: Observation): string => `${gatewayOf(proxy, subject)} inner`;

/** Where the attempt is remembered that a companion line stands for. What was cut does not say that it is of a subrequest. */
export function companionKeys(of: Observation): readonly string[] {
  const gateway = gatewayOf(of.proxy, of.subject);
  return [innerKeyOf(of), ...ATTEMPT_ENDS.map((end) => `${gateway} ${end} ${CUT}`)];
}

/** Under what a failure that nginx's error log or Envoy's access log told of is remembered. */
export function creditKeyOf(of: Observation): string {
  return of.symptom === 'subrequest_failed' ? subrequestKey(of) : keyOf(of);
}

/** Under what a line of nginx's access log may be remembered: without an address it may be the 500 to a client whose subrequest has failed. */
export function nginxCreditKeys(of: Observation): readonly string[] {
  const key = keyOf(of);
  if (of.peer !== null) return [key];
  return key === attemptKey(gatewayOf(of.proxy, of.subject), of, '') ? [key, subrequestKey(of)] : [key];
}

const subrequestKey = ({ proxy, subject }: Observation) => `${gatewayOf(proxy, subject)} subrequest`;

function attemptKey(gateway: string, { symptom, detail, isTimeout }: Observation, address: string): string {
  const hasWaited = symptom === 'connect_timeout' || symptom === 'response_timeout';
  const isOver = isTimeout || (hasWaited && detail !== 'kernel_timeout');
  return `${gateway} ${ATTEMPT_ENDS[isOver ? 1 : 0]} ${address}`;
}
