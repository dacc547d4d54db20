import type { Observation } from '../../contract/failure.ts';
import type { EndpointBehind, Facts, ListenerFact } from '../../facts/facts.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule, Judgement } from '../rule.ts';
import { clockText, peerOf } from '../sentences.ts';
import { isList, silentEndpoints } from '../silent-endpoints.ts';

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

/** One that ends has its own cause. */
function judgeService(of: Observation, facts: Facts, behind: readonly EndpointBehind[]): Judgement {
  const silent = silentEndpoints(of, facts, behind, ({ isLeaving }) => !isLeaving);
  if (!isList(silent)) return silent;
  if (silent.length === 0) return null;
  const count = `${silent.length} of its ${behind.length} ready endpoints ${silent.length === 1 ? 'does' : 'do'} not listen`;
  const sentences = silent.map(({ its, listener }) => sentence(its, listener));
  return proof(...sentences, `${peerOf(of)} is the address of a Service: ${count}`);
}

function sentence(of: Observation, { atMs, lastListenedMs, hasAnswered, others }: ListenerFact): string {
  return [
    `at ${clockText(atMs, of.atMs)} nothing listened at ${peerOf(of)}`,
    ...(lastListenedMs == null ? [] : [`it listened at ${clockText(lastListenedMs, of.atMs)}`]),
    ...(lastListenedMs == null && hasAnswered ? ['a program answered there before'] : []),
    ...(others.length === 0 ? [] : [`port ${others.join(', ')} listens there`]),
  ].join('; ');
}
