import { type AccessAnswer, type AccessTruth, emptyAnswer } from '../corpus/access-truth.ts';
import { add } from '../corpus/truth.ts';

/** Reads the peers' output of the access bench into the form of the truth. */

/** Output of access.awk. */
export function awkAccessAnswer(output: string): AccessAnswer {
  const answer = emptyAnswer();
  for (const line of output.trimEnd().split('\n')) {
    const [kind, ...rest] = line.split('\t');
    const amount = Number(rest.at(-1));
    if (kind === 'B') answer.bytes = amount;
    if (kind === 'C') add(answer.codes, rest[0], amount);
    if (kind === 'C') answer.requests += amount;
    if (kind === 'D') answer.duration.counts[Number(rest[0])] = amount;
    if (kind === 'U') answer.upstreamDuration.counts[Number(rest[0])] = amount;
    if (kind === 'DS') answer.duration.sumMs = amount;
    if (kind === 'US') answer.upstreamDuration.sumMs = amount;
    if (kind === 'A') add(answer.attempts, `${rest[0]} ${rest[1]}`, amount);
  }
  return answer;
}

/** Output of mtail with access.mtail. */
export function mtailAccessAnswer(output: string): AccessAnswer {
  const answer = emptyAnswer();
  let [below, bucket] = [0, 0];
  for (const [, name, labelText, value] of output.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)) {
    const labels = Object.fromEntries([...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    const amount = Number(value);
    if (name === 'bytes_total') answer.bytes = amount;
    if (name === 'requests_total') add(answer.codes, labels.code, amount);
    if (name === 'duration_seconds_count') answer.requests = amount;
    if (name === 'duration_seconds_sum') answer.duration.sumMs = Math.round(amount * 1000);
    if (name === 'attempts_total')
      add(answer.attempts, `${labels.peer} ${labels.class === '-' ? 'none' : `${labels.class}xx`}`, amount);
    if (name !== 'duration_seconds_bucket') continue;
    answer.duration.counts[bucket++] = amount - below;
    below = amount;
  }
  return answer;
}

/** What mtail's program can find: the last attempts, and no time of 0 in a bucket; times of attempts are not compared. */
export function mtailTruth(truth: AccessTruth): AccessAnswer {
  const [first, ...others] = truth.duration.counts;
  return {
    ...truth,
    attempts: truth.lastAttempts,
    duration: { ...truth.duration, counts: [first - truth.zeroRequests, ...others] },
    upstreamDuration: emptyAnswer().upstreamDuration,
  };
}
