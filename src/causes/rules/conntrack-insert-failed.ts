import { canBeLostPacket, conntrackLoss, dropEvidence } from '../dropped-packets.ts';
import { proof } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/** The table had room, but the entry could not be made: no port left for SNAT, or two packets raced for one (DNS). */
export const conntrackInsertFailed: CauseRule = {
  cause: 'conntrack_insert_failed',
  symptoms: new Set(['connect_timeout', 'permission_denied', 'dns_failure']),
  judge(of, facts) {
    if (!canBeLostPacket(of)) return null;
    const loss = conntrackLoss(of, facts, 'insert_failed');
    return loss === null || loss === 'wait' ? loss : proof(dropEvidence(of, loss.counter, loss.growth));
  },
};
