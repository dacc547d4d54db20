import type { Symptom } from '../contract/names.ts';
import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { Finding } from './envoy-failures.ts';
import { type Denied, deniedSentence } from './envoy-rbac.ts';

const GLOBAL_SYMPTOMS: readonly (readonly [stat: GlobalStat, symptom: Symptom, failure: boolean])[] = [
  ['no_cluster', 'no_cluster', true],
  ['rq_overload_local_reply', 'overload', true],
  // Within their answers, most of them.
  ['streams_reset', 'overload', true],
  // What these two filters refuse gets Envoy's own 503.
  ['rq_blocked', 'overload', true],
  ['rq_rejected', 'overload', true],
  ['no_route', 'route_not_found', false],
  ['aborts_injected', 'fault_injected', false],
  ['connection_error', 'client_tls_error', false],
  ['fail_verify_error', 'client_tls_error', false],
  ['fail_verify_san', 'client_tls_error', false],
  ['fail_verify_no_cert', 'client_tls_error', false],
  ['fail_verify_cert_hash', 'client_tls_error', false],
  ['not_found', 'dns_failure', false],
  ['timeouts', 'dns_failure', false],
  ['get_addr_failure', 'dns_failure', false],
];

/** What grew outside clusters. Denials are the destination's: no failure of this gateway, but the proof of one of the caller's. */
export function explainGlobals(growths: ReadonlyMap<GlobalStat, number>, denied: readonly Denied[]): Finding[] {
  const growthOf = (stat: GlobalStat) => growths.get(stat) ?? 0;
  const found = GLOBAL_SYMPTOMS.map(([stat, symptom, failure]): Finding => {
    return { symptom, failure, host: null, count: growthOf(stat) };
  });
  const denials = denied.map((one): Finding => {
    return { symptom: 'rbac_denied', failure: false, host: null, count: one.count, said: deniedSentence(one) };
  });
  return [...explainClosed(growthOf), ...found, ...denials].filter(({ count }) => count > 0);
}

/** Of connections that were closed before Envoy had read a request there is no line in an access log. */
function explainClosed(growthOf: (stat: GlobalStat) => number): Finding[] {
  const closed = growthOf('downstream_rq_overload_close');
  const unread = Math.min(closed, growthOf('connections_shed'));
  const what = { symptom: 'overload', failure: true, host: null } as const;
  return [
    { ...what, count: unread, isOnlyHere: true },
    { ...what, count: closed - unread },
  ];
}
