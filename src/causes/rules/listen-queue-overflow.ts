import type { Observation } from '../../contract/failure.ts';
import type { Facts, Growth, ListenQueues } from '../../facts/facts.ts';
import { dropEvidence, isEnough, isOfGatewayToo, lookBackOf, lostOf, wasOver } from '../dropped-packets.ts';
import { isRemote, proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';

/**
 * A queue that is full for as long as an answer is waited for turns away whoever comes, and each of them several times. A few SYNs are a
 * burst in passing, and the application is slow for reasons of its own.
 */
const FEWEST_OF_FULL_QUEUE = 5;

/**
 * The peer's accept queue was full: SYNs were dropped (connect_timeout), what sat in the queue was not answered in time (response_timeout),
 * or what was half way got a RST (connect_reset, with tcp_abort_on_overflow). Never a refusal: a SYN is answered by RST where nothing listens.
 */
export const listenQueueOverflow: CauseRule = {
  cause: 'listen_queue_overflow',
  symptoms: new Set(['connect_timeout', 'response_timeout', 'connect_reset']),
  judge(of, facts) {
    if (!isRemote(of)) return null;
    const growth = facts.growth(of, 'peer', 'listen_overflows', lookBackOf(of, facts));
    if (!growth.isKnown) return unproved(growth);
    const { delta } = growth.value;
    if (!isEnough(of, delta, facts) || (of.symptom === 'response_timeout' && delta < FEWEST_OF_FULL_QUEUE)) return null;
    if (wasOver(of, facts, lostOf(of, facts, 'listen_overflows'))) return null;
    const queues = facts.queues(of);
    if (!queues.isKnown && queues.mayCome) return 'wait';
    if (!isOfThisPort(of, growth.value, { facts, queues: queues.isKnown ? queues.value : null })) return null;
    return proof(dropEvidence(of, 'listen_overflows', growth.value));
  },
};

/** The counter is of all ports of the network, and of all that came to them since the reading before. `queues`: null where nobody looked. */
function isOfThisPort(
  of: Observation,
  growth: Growth,
  { facts, queues }: { readonly facts: Facts; readonly queues: ListenQueues | null },
): boolean {
  const isShared = isOfGatewayToo(of, facts, 'listen_overflows', growth);
  if (queues === null) return !isShared;
  const { own, other } = queues;
  // Within one network nothing but its full queue keeps a connection waiting; but what is slow there fills the gateway's own.
  if (own > 0) return !isShared || (other === 0 && of.symptom === 'connect_timeout');
  return !isShared && other === 0 && isMeanwhile(of, facts);
}

/** Its queue is empty by now: who waited for an answer had been accepted, and what was dropped before the attempts were begun was others'. */
function isMeanwhile(of: Observation, facts: Facts): boolean {
  if (of.symptom === 'response_timeout') return false;
  const leastMs = facts.timeout(of)?.leastMs ?? 0;
  const growth = facts.growthDuring(of, 'peer', 'listen_overflows', leastMs);
  if (!growth.isKnown) return false;
  const { delta, fromMs } = growth.value;
  return isEnough(of, delta, facts, fromMs - (of.sinceMs - leastMs));
}
