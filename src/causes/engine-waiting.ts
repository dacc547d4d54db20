import type { Observation } from '../contract/failure.ts';

/** Failures that wait for their verdict. */
export class Waiting {
  /** Monotonic milliseconds: since when it waits, and when the rules are asked again at the earliest. */
  readonly sinceMono: number;
  againMono: number;
  #observation: Observation;
  #more = 0;

  constructor(observation: Observation, mono: number) {
    this.#observation = observation;
    this.sinceMono = mono;
    this.againMono = mono;
  }

  get observation(): Observation {
    if (this.#more > 0) this.#observation = { ...this.#observation, count: this.count };
    this.#more = 0;
    return this.#observation;
  }

  /** What they are, not how many: `observation` is made anew after each that is taken in. */
  get kind(): Observation {
    return this.#observation;
  }

  get count(): number {
    return this.#observation.count + this.#more;
  }

  get sinceMs(): number {
    return this.#observation.sinceMs;
  }

  /** When they were read. */
  get readMs(): number {
    return this.#observation.readMs ?? this.#observation.atMs;
  }

  hasMoments({ sinceMs, atMs }: Observation): boolean {
    return this.#observation.sinceMs === sinceMs && this.#observation.atMs === atMs;
  }

  touches({ sinceMs, atMs }: Observation): boolean {
    return this.#observation.sinceMs <= atMs && sinceMs <= this.#observation.atMs;
  }

  /** Takes in one of the same kind; of two log lines the later one is kept. */
  take(other: Observation): void {
    this.#more += other.count;
    if (this.hasMoments(other) && other.sample === undefined) return;
    const before = this.#observation;
    this.#observation = {
      ...before,
      ...other,
      count: before.count,
      sinceMs: Math.min(before.sinceMs, other.sinceMs),
      atMs: Math.max(before.atMs, other.atMs),
    };
  }
}
