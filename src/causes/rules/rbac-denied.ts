import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { peerOf } from '../sentences.ts';

/**
 * The Envoy in the peer's pod closed connections because a policy says so: the caller only sees that they broke. As many as failed, at
 * least; what it denied to others may be among them.
 */
export const rbacDenied: CauseRule = {
  cause: 'rbac_denied',
  symptoms: new Set(['premature_close', 'reset', 'connect_reset']),
  judge(of, facts) {
    const denied = facts.denied(of);
    if (!denied.isKnown) return unproved(denied);
    const { count, pod, said } = denied.value;
    if (count < of.count) return null;
    return proof(
      `the Envoy in pod ${pod} denied ${count} connections by its policy (RBAC) while ${peerOf(of)} broke them off`,
      ...said,
    );
  },
};
