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
    const key = keyOf(subject);
    if (this.#now.get(key)?.isActive && !isActive) return;
    const sightings = isActive ? (this.#before.get(key)?.sightings ?? 0) + 1 : 0;
    this.#now.set(key, { subject, isActive, evidence, sightings });
  }

  /** Between two polls it was seen so that nobody needs to look twice. */
  glimpse(subject: Subject, isActive: boolean, evidence: string): void {
    this.#before.set(keyOf(subject), { subject, isActive, evidence, sightings: isActive ? ENOUGH : 0 });
    this.#report(subject, isActive, evidence);
  }

  /** Between two polls nothing has changed: when it was told not to be so, it is told again. */
  repeat(subject: Subject): void {
    const known = this.#before.get(keyOf(subject));
    if (known?.isActive === false) this.#report(subject, false, known.evidence);
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

function keyOf(subject: Subject): string {
  return Object.values(subject).join('\xff');
}
