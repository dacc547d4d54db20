import type { Observation } from '../contract/failure.ts';
import { isSameHost, mayBeSame } from './counted-once-envoy.ts';
import type { Waiting } from './counted-once-options.ts';

/** Of refused requests first what is proved to be one, then what is no failure. */
const rankOfNginx = ({ observation: { isRefused, failure } }: Waiting) => (isRefused ? 0 : failure ? 2 : 1);

/** Those that may be what the other source says now, the likeliest first. `isElsewhere`: a line of Envoy's log is not of what the statistics tell. */
export function likeliestFirst(
  of: Observation,
  waiting: readonly Waiting[],
  isElsewhere: (line: Observation, stats: Observation) => boolean,
): readonly Waiting[] {
  if (of.proxy === 'nginx') return [...waiting].sort((one, other) => rankOfNginx(one) - rankOfNginx(other));
  const like = waiting.filter(({ observation, isVague }) => {
    const [line, stats] = isVague ? [observation, of] : [of, observation];
    return mayBeSame(line, stats) && !isElsewhere(line, stats);
  });
  const likeness = ({ observation: { symptom, peer } }: Waiting) =>
    (symptom === of.symptom ? 2 : 0) + (isSameHost(peer, of.peer) ? 1 : 0);
  return like.sort((one, other) => likeness(other) - likeness(one));
}
