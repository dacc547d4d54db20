import type { Clock } from '../../src/contract/unit.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

/** A clock that goes from one thing that is due to the next. */
export class SimulatedTime implements Clock {
  /** Sorted by when they are due, then by when they were asked for. */
  readonly #due: Due[] = [];
  #nowMs: number;
  #order = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): void {
    this.at(this.#nowMs + ms, act);
  }

  at(atMs: number, act: () => void): void {
    const due = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, act };
    let place = this.#due.length;
    while (place > 0 && this.#due[place - 1].atMs > due.atMs) place--;
    this.#due.splice(place, 0, due);
  }

  runUntil(endMs: number): void {
    while (this.#due.length > 0 && this.#due[0].atMs <= endMs) {
      const { atMs, act } = this.#due.shift()!;
      this.#nowMs = atMs;
      act();
    }
    this.#nowMs = endMs;
  }
}
