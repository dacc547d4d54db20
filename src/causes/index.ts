import type { Cause } from '../contract/names.ts';
import { EXPLANATIONS, type Explanation } from './explanations.ts';

export { decideAlone as judge } from './engine-judge.ts';
export { peerText } from './peer-text.ts';

/** The words for any cause. */
export function explanationOf(cause: Cause): Explanation {
  return EXPLANATIONS[cause];
}
