import type { Subject } from '../contract/metrics.ts';
import { isSameSubject } from './gateway-subject.ts';

/** Mostly an nginx is started again. */
const KEPT_MS = 600_000;

interface Counted {
  readonly subject: Subject;
  readonly atMs: number;
}

/** Whose counters are published: those of a gateway that is gone stay for ten minutes, those under a name that it has no more do not. */
export class CountedSubjects {
  #counted: readonly Counted[] = [];

  /**
   * @param present who is there now
   * @param renamed names that some of them had before
   * @returns whose counters are to end
   */
  follow(present: readonly Subject[], renamed: readonly Subject[], nowMs: number): readonly Subject[] {
    const isIn = (subjects: readonly Subject[], { subject }: Counted) =>
      subjects.some((one) => isSameSubject(one, subject));
    const gone = this.#counted.filter((one) => !isIn(present, one));
    const isEnded = (one: Counted) => isIn(renamed, one) || nowMs - one.atMs >= KEPT_MS;
    const ended = gone.filter(isEnded);
    // When the clock was set back it counts from now.
    const kept = gone.filter((one) => !isEnded(one)).map((one) => ({ ...one, atMs: Math.min(one.atMs, nowMs) }));
    this.#counted = [...present.map((subject) => ({ subject, atMs: nowMs })), ...kept];
    return ended.map(({ subject }) => subject);
  }
}
