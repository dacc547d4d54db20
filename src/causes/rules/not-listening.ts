import type { Observation } from '../../contract/failure.ts';
import type { EndpointBehind, Facts, ListenerFact } from '../../facts/facts.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, peerOf } from '../sentences.ts';

/** Nothing listened at the address when its sockets were read, after the first of these failures. */
export const notListening: CauseRule = {
  cause: 'not_listening',
  symptoms: new Set(['connect_refused']),
  judge(of, facts) {
    const behind = facts.behind(of);
    if (!behind.isKnown) return unproved(behind);
    if (behind.value.length > 0) return judgeService(of, facts, behind.value);
    const listener = facts.listener(of);
    if (!listener.isKnown) return unproved(listener);
    const { state, atMs } = listener.value;
    if (state !== 'not_listening' && state !== 'port_mismatch') return null;
    return atMs < of.sinceMs ? 'wait' : proof(sentence(of, listener.value));
  },
};

/**
 * Nobody says which endpoint of a Service refused. It was one where nothing listens, if what listens is known of all of them: a rule may refuse
 * beside it, and what is not known may be that.
 */
function judgeService(of: Observation, facts: Facts, behind: readonly EndpointBehind[]): Judgement {
  const silent: string[] = [];
  for (const { peer, isLeaving } of behind) {
    const its = { ...of, peer };
    const listener = facts.listener(its);
    if (!listener.isKnown) return unproved(listener);
    const { state, lastListenedMs, atMs } = listener.value;
    if (state === 'listening') continue;
    // Where the port never listened it may be the wrong one, and one that ends has its own cause.
    if (isLeaving || state === 'bound_to_loopback' || (state === 'port_mismatch' && lastListenedMs == null))
      return null;
    if (atMs < of.sinceMs) return 'wait';
    silent.push(sentence(its, listener.value));
  }
  if (silent.length === 0) return null;
  const count = `${silent.length} of its ${behind.length} ready endpoints ${silent.length === 1 ? 'does' : 'do'} not listen`;
  return proof(...silent, `${peerOf(of)} is the address of a Service: ${count}`);
}

function sentence(of: Observation, { atMs, lastListenedMs, hasAnswered, others }: ListenerFact): string {
  return [
    `at ${clockText(atMs, of.atMs)} nothing listened at ${peerOf(of)}`,
    ...(lastListenedMs == null ? [] : [`it listened at ${clockText(lastListenedMs, of.atMs)}`]),
    ...(lastListenedMs == null && hasAnswered ? ['a program answered there before'] : []),
    ...(others.length === 0 ? [] : [`port ${others.join(', ')} listens there`]),
  ].join('; ');
}
