import type { SUBJECT_LABELS, Subject, Writer } from '../contract/metrics.ts';
import type { Outcome, Target } from '../contract/unit.ts';
import type { FollowStatus } from '../sources/line-source.ts';

type SubjectLabels = readonly [...typeof SUBJECT_LABELS];

/** Gauges of what a unit follows. */
export interface FollowedGauges {
  readonly files: Writer<readonly [...SubjectLabels, 'state']>;
  readonly lag: Writer<SubjectLabels>;
  readonly lastRead: Writer<SubjectLabels>;
}

/** How a poll of a unit that follows files ended. `nothing`: why there are none. */
export function outcomeOf(status: readonly FollowStatus[], nothing: string): Outcome {
  const following = status.filter(({ state }) => state === 'following' || state === 'catching_up');
  const refused = status.find(({ state }) => state === 'refused');
  const why = refused && `${refused.path}: ${refused.error}`;
  if (following.length > 0) {
    const detail = `following ${following.length} of ${status.length} files`;
    return { state: 'ok', detail: why ? `${detail}; ${why}` : detail };
  }
  return why ? { state: 'not_permitted', detail: why } : { state: 'absent', detail: nothing };
}

export function targetOf({ path, state, behindBytes, error }: FollowStatus): Target {
  return {
    name: path,
    state: state === 'refused' ? 'not_permitted' : state === 'missing' ? 'absent' : 'ok',
    detail: error ?? (behindBytes > 0 ? `${behindBytes} bytes behind` : state.replace('_', ' ')),
  };
}

export function publishFollowed(
  { files, lag, lastRead }: FollowedGauges,
  status: readonly FollowStatus[],
  subjectOf: (path: string) => Subject,
): void {
  for (const gauge of [files, lag, lastRead]) gauge.reset();
  for (const { path, state, behindBytes, lastReadMs } of status) {
    const subject = subjectOf(path);
    files.inc({ ...subject, state });
    lag.inc(subject, behindBytes);
    if (lastReadMs !== null) lastRead.set(subject, lastReadMs / 1000);
  }
}

/** Reports every count above 0 and sets it to 0. */
export function moveCounts(
  counts: Float64Array,
  names: readonly string[],
  add: (name: string, count: number) => void,
): void {
  names.forEach((name, index) => {
    if (counts[index] > 0) add(name, counts[index]);
    counts[index] = 0;
  });
}
