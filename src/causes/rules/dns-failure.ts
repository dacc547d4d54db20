import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/**
 * Envoy has no host because the name of the cluster gives no address: it says no more than that there is no healthy one. A name of a Service
 * without an endpoint gives none either, and then that is why.
 */
export const dnsFailure: CauseRule = {
  cause: 'dns_failure',
  symptoms: new Set(['no_healthy_upstream']),
  judge(of, facts) {
    const unresolved = facts.unresolved(of);
    if (!unresolved.isKnown) return unproved(unresolved);
    if (unresolved.value === null) return null;
    const ready = facts.readyEndpoints(of);
    if (!ready.isKnown) return ready.mayCome ? 'wait' : proof(unresolved.value);
    return ready.value.ready > 0
      ? proof(unresolved.value, `${ready.value.service} had ${ready.value.ready} ready endpoints`)
      : null;
  },
};
