import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { clockText, peerOf } from '../sentences.ts';

/** The program listens on that port for its own pod only. */
export const boundToLoopback: CauseRule = {
  cause: 'bound_to_loopback',
  symptoms: new Set(['connect_refused']),
  judge(of, facts) {
    const listener = facts.listener(of);
    if (!listener.isKnown) return unproved(listener);
    const { state, atMs, hasAnswered } = listener.value;
    // Who has answered there, and was not seen to listen for all, is reached by a proxy of the pod (REDIRECT), which may be gone.
    if (state !== 'bound_to_loopback' || hasAnswered) return null;
    const port = of.peer?.port ?? 'it';
    return proof(
      `behind ${peerOf(of)} port ${port} listens on a loopback address only, seen at ${clockText(atMs, of.atMs)}: nobody outside the pod reaches it`,
    );
  },
};
