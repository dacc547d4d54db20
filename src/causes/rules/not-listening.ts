import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { clockText, peerOf } from '../sentences.ts';

/** Nothing listened at the address when its sockets were read, after the first of these failures. */
export const notListening: CauseRule = {
  cause: 'not_listening',
  symptoms: new Set(['connect_refused']),
  judge(of, facts) {
    const listener = facts.listener(of);
    if (!listener.isKnown) return unproved(listener);
    const { state, others, atMs, lastListenedMs, hasAnswered } = listener.value;
    if (state !== 'not_listening' && state !== 'port_mismatch') return null;
    if (atMs < of.sinceMs) return 'wait';
    return proof(
      [
        `at ${clockText(atMs, of.atMs)} nothing listened at ${peerOf(of)}`,
        ...(lastListenedMs == null ? [] : [`it listened at ${clockText(lastListenedMs, of.atMs)}`]),
        ...(lastListenedMs == null && hasAnswered ? ['a program answered there before'] : []),
        ...(others.length === 0 ? [] : [`port ${others.join(', ')} listens there`]),
      ].join('; '),
    );
  },
};
