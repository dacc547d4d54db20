import type { Symptom } from '../contract/names.ts';
import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { Finding } from './envoy-failures.ts';
import { type Denied, deniedSentence } from './envoy-rbac.ts';

const GLOBAL_SYMPTOMS: readonly (readonly [stat: GlobalStat, symptom: Symptom, failure: boolean])[] = [
  ['no_cluster', 'no_cluster', true],
  ['downstream_rq_overload_close', 'overload', true],
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
  const found = GLOBAL_SYMPTOMS.map(([stat, symptom, failure]): Finding => {
    return { symptom, failure, host: null, count: growths.get(stat) ?? 0 };
  });
  const denials = denied.map((one): Finding => {
    return { symptom: 'rbac_denied', failure: false, host: null, count: one.count, said: deniedSentence(one) };
  });
  return [...found, ...denials].filter(({ count }) => count > 0);
}
