import type { Observation } from '../../contract/failure.ts';
import type { Facts } from '../../facts/facts.ts';
import { KERNEL_NAMES } from '../dropped-packets.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, peerOf, spanText } from '../sentences.ts';
import { isUnavailableIpv6 } from '../unavailable-address.ts';

/**
 * nginx says errno 99, which towards an IPv6 address may mean something else. Envoy counts a failed connection without a reason: it had none
 * when no port was free towards the peer, and the kernel counts no attempt that failed, because none was begun.
 */
export const ephemeralPortsExhausted: CauseRule = {
  cause: 'ephemeral_ports_exhausted',
  symptoms: new Set(['connect_refused', 'address_unavailable']),
  judge(of, facts) {
    const isCertain = isUnavailableIpv6(of);
    if (!isCertain && (of.symptom !== 'connect_refused' || of.proxy !== 'envoy' || !isRemote(of))) return null;
    const ports = facts.localPorts(of);
    if (!ports.isKnown) return unproved(ports);
    if (!ports.value.isFull) return null;
    const { active, timeWait, lowest, highest, atMs } = ports.value;
    const taken = `no local port was free towards ${peerOf(of)} at ${clockText(atMs, of.atMs)}: ${lowest} to ${highest} were taken, ${active} in use and ${timeWait} in TIME_WAIT`;
    return isCertain ? proof(taken) : judgeUnsaid(of, facts, taken);
  },
};

function judgeUnsaid(of: Observation, facts: Facts, taken: string): Judgement {
  const failed = facts.growth(of, 'gateway', 'attempt_failures', 0);
  if (!failed.isKnown) return unproved(failed);
  const { delta, where, after, fromMs, toMs } = failed.value;
  if (delta > 0) return null;
  return proof(
    taken,
    `the kernel began no connection that failed: ${KERNEL_NAMES.attempt_failures} of ${where} stayed at ${after} ${spanText(fromMs, toMs, of.atMs)}`,
  );
}
