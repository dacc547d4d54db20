import type { Subject } from '../contract/metrics.ts';
import type { Condition, ConditionSink } from '../contract/upstream.ts';

interface Known {
  readonly subject: Subject;
  readonly isActive: boolean;
  readonly evidence: string;
  readonly sightings: number;
}

/** What one look sees may be a reload or a start on its way. */
const ENOUGH = 2;

/** One condition of all subjects, told when it is seen at two polls in a row. */
export class SeenTwice {
  readonly #condition: Condition;
  readonly #sink: ConditionSink;
  #before = new Map<string, Known>();
  #now = new Map<string, Known>();

  constructor(condition: Condition, sink: ConditionSink) {
    this.#condition = condition;
    this.#sink = sink;
  }

  /** Null: cannot be told. Of several with the same subject, as two nginx of one name, one that is active counts. */
  say(subject: Subject, isActive: boolean | null, evidence: string): void {
    if (isActive === null) return;
    const key = Object.values(subject).join('\xff');
    if (this.#now.get(key)?.isActive && !isActive) return;
    const sightings = isActive ? (this.#before.get(key)?.sightings ?? 0) + 1 : 0;
    this.#now.set(key, { subject, isActive, evidence, sightings });
  }

  /** The poll is over: of those that nobody spoke of nothing is known. */
  end(): void {
    for (const [key, { subject }] of this.#before) if (!this.#now.has(key)) this.#report(subject, null, '');
    for (const { subject, isActive, evidence, sightings } of this.#now.values()) {
      // The first sighting leaves what was told before.
      if (!isActive || sightings >= ENOUGH) this.#report(subject, isActive, evidence);
    }
    this.#before = this.#now;
    this.#now = new Map();
  }

  #report(subject: Subject, isActive: boolean | null, evidence: string): void {
    this.#sink.condition({ condition: this.#condition, subject, isActive, evidence });
  }
}
