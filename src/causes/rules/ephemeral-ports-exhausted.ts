import { KERNEL_NAMES } from '../dropped-packets.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { clockText, peerOf, spanText } from '../sentences.ts';

/**
 * nginx says errno 99. Envoy counts a failed connection without a reason: it had none when no port was free towards the peer, and the kernel
 * counts no attempt that failed, because none was begun.
 */
export const ephemeralPortsExhausted: CauseRule = {
  cause: 'ephemeral_ports_exhausted',
  symptoms: new Set(['connect_refused']),
  judge(of, facts) {
    if (of.proxy !== 'envoy' || !isRemote(of)) return null;
    const ports = facts.localPorts(of);
    if (!ports.isKnown) return unproved(ports);
    if (!ports.value.isFull) return null;
    const failed = facts.growth(of, 'gateway', 'attempt_failures', 0);
    if (!failed.isKnown) return unproved(failed);
    if (failed.value.delta > 0) return null;
    const { active, timeWait, lowest, highest, atMs } = ports.value;
    const { where, after, fromMs, toMs } = failed.value;
    return proof(
      `no local port was free towards ${peerOf(of)} at ${clockText(atMs, of.atMs)}: ${lowest} to ${highest} were taken, ${active} in use and ${timeWait} in TIME_WAIT`,
      `the kernel began no connection that failed: ${KERNEL_NAMES.attempt_failures} of ${where} stayed at ${after} ${spanText(fromMs, toMs, of.atMs)}`,
    );
  },
};
