import { canBeLostPacket, conntrackLoss, dropEvidence } from '../dropped-packets.ts';
import { proof } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/**
 * New connections had no room in the conntrack table on the way. `early_drop` alone is no reason: entries that nobody answered make room,
 * and measured with 570 of them all requests were answered.
 */
export const conntrackFull: CauseRule = {
  cause: 'conntrack_full',
  symptoms: new Set(['connect_timeout', 'permission_denied', 'dns_failure']),
  judge(of, facts) {
    if (!canBeLostPacket(of)) return null;
    const loss = conntrackLoss(of, facts, 'full');
    return loss === null || loss === 'wait' ? loss : proof(dropEvidence(of, loss.counter, loss.growth));
  },
};
