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

/** A file that is followed, or (without bytes) only known. */
export type KnownFile = Pick<FollowStatus, 'path'> & { readonly state: string } & Partial<
    Pick<FollowStatus, 'behindBytes' | 'lastReadMs'>
  >;

/** What the gauges say of one subject; null: nothing. */
interface OfSubject {
  readonly subject: Subject;
  readonly states: Map<string, number>;
  lagBytes: number | null;
  lastReadMs: number | null;
}

/** Says again and again what is followed. Series are made anew only where others are needed: at a trickle that would cost as much as reading. */
export class FollowedSeries {
  /** Undefined: a predecessor may have left others. */
  #series: string | undefined;

  publish(
    { files, lag, lastRead }: FollowedGauges,
    known: readonly KnownFile[],
    subjectOf: (path: string) => Subject,
  ): void {
    const all = bySubject(known, subjectOf);
    let series = '';
    for (const [key, { states, lagBytes, lastReadMs }] of all)
      series += `${key}\xff${[...states.keys()].join()}\xff${lagBytes === null}\xff${lastReadMs === null}\n`;
    if (series !== this.#series) for (const gauge of [files, lag, lastRead]) gauge.reset();
    this.#series = series;
    // Not only what has changed: a poll that found nothing to follow has taken the series away.
    for (const { subject, states, lagBytes, lastReadMs } of all.values()) {
      for (const [state, count] of states) files.set({ ...subject, state }, count);
      if (lagBytes !== null) lag.set(subject, lagBytes);
      if (lastReadMs !== null) lastRead.set(subject, lastReadMs / 1000);
    }
  }
}

function bySubject(known: readonly KnownFile[], subjectOf: (path: string) => Subject): Map<string, OfSubject> {
  const all = new Map<string, OfSubject>();
  for (const { path, state, behindBytes, lastReadMs = null } of known) {
    const subject = subjectOf(path);
    const key = Object.values(subject).join('\xff');
    let one = all.get(key);
    if (one === undefined) {
      one = { subject, states: new Map(), lagBytes: null, lastReadMs: null };
      all.set(key, one);
    }
    one.states.set(state, (one.states.get(state) ?? 0) + 1);
    if (behindBytes !== undefined) one.lagBytes = (one.lagBytes ?? 0) + behindBytes;
    one.lastReadMs = lastReadMs ?? one.lastReadMs;
  }
  return all;
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
