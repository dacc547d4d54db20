import { dropEvidence, isEnough, isOfGatewayToo, lookBackOf, lostOf, wasOver } from '../dropped-packets.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/** The peer's queue of half-open connections was full and SYN cookies are off: SYNs were dropped before the accept queue was looked at. */
export const synQueueFull: CauseRule = {
  cause: 'syn_queue_full',
  symptoms: new Set(['connect_timeout']),
  judge(of, facts) {
    if (!isRemote(of)) return null;
    const drops = facts.growth(of, 'peer', 'syn_queue_drops', lookBackOf(of, facts));
    if (!drops.isKnown) return unproved(drops);
    if (!isEnough(of, drops.value.delta, facts) || isOfGatewayToo(of, facts, 'syn_queue_drops', drops.value))
      return null;
    if (wasOver(of, facts, lostOf(of, facts, 'syn_queue_drops'))) return null;
    const overflows = facts.growth(of, 'peer', 'listen_overflows', lookBackOf(of, facts));
    // A full accept queue holds half-open connections back, so both grow: then that is the reason.
    if (overflows.isKnown && overflows.value.delta >= drops.value.delta) return null;
    return proof(dropEvidence(of, 'syn_queue_drops', drops.value));
  },
};
