import type { Observation } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import { PendingFailures } from './engine-pending.ts';
import { restoredFailures, savedFailure } from './engine-saved.ts';

/** Said because other failures went before. They are charged to those, so they are judged after them. */
const STORMS: ReadonlySet<Symptom> = new Set(['no_live_upstreams', 'no_healthy_upstream']);

export function isStorm({ symptom }: Observation): boolean {
  return STORMS.has(symptom);
}

/** All that wait, no more than a limit: storms apart, for nothing waits for them. */
export class WaitingRoom {
  readonly failures = new PendingFailures();
  readonly storms = new PendingFailures();
  readonly #limit: number;
  readonly #leave: (oldest: Observation) => void;

  /** @param leave takes the oldest when there is no room for another */
  constructor(limit: number, leave: (oldest: Observation) => void) {
    this.#limit = limit;
    this.#leave = leave;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get #size(): number {
    return this.failures.size + this.storms.size;
  }

  /** Puts it to an equal one that waits; false: none does. */
  join(observation: Observation): boolean {
    return (isStorm(observation) ? this.storms : this.failures).merge(observation, false);
  }

  hold(observation: Observation, mono: number): void {
    const pending = isStorm(observation) ? this.storms : this.failures;
    const isFull = this.#size >= this.#limit;
    if (pending.merge(observation, isFull)) return;
    if (isFull) this.#makeRoom();
    pending.add(observation, mono);
  }

  /** @param completed with what is known of it now */
  save(completed: (observation: Observation) => Observation): unknown {
    return [...this.failures, ...this.storms].map(({ observation }) => savedFailure(completed(observation)));
  }

  restore(saved: unknown, mono: number): void {
    for (const observation of restoredFailures(saved, this.#limit)) this.hold(observation, mono);
  }

  #makeRoom(): void {
    const pending = this.failures.size > 0 ? this.failures : this.storms;
    const oldest = pending.oldest();
    if (oldest === undefined) return;
    pending.delete(oldest);
    this.#leave(oldest.observation);
  }
}
