import { ERROR_KINDS, type ErrorKind } from './verify-errors.ts';
import type { Outcome } from './verify-request.ts';

/** Of answers of any code, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Counts what came of the requests. */
export class Tally {
  readonly #codes = new Map<number, number>();
  readonly #errors = new Map<ErrorKind, number>();
  readonly #details = new Map<ErrorKind, string>();
  readonly #latencies: Float32Array;
  #answers = 0;

  /** `most`: as many requests can come. */
  constructor(most: number) {
    this.#latencies = new Float32Array(most);
  }

  add(outcome: Outcome, latencyMs: number): void {
    if ('error' in outcome) {
      this.#errors.set(outcome.error, (this.#errors.get(outcome.error) ?? 0) + 1);
      if (!this.#details.has(outcome.error)) this.#details.set(outcome.error, outcome.detail);
    } else {
      this.#codes.set(outcome.code, (this.#codes.get(outcome.code) ?? 0) + 1);
      this.#latencies[this.#answers++] = latencyMs;
    }
  }

  /** Ascending. */
  codes(): readonly (readonly [code: number, count: number])[] {
    return [...this.#codes].sort(([a], [b]) => a - b);
  }

  /** In the order of the kinds, those that happened; `detail` is of the first one. */
  errors(): readonly { readonly kind: ErrorKind; readonly count: number; readonly detail: string }[] {
    return ERROR_KINDS.flatMap((kind) => {
      const count = this.#errors.get(kind);
      return count === undefined ? [] : { kind, count, detail: this.#details.get(kind) ?? '' };
    });
  }

  /** Answers and failures. */
  total(): number {
    return this.#answers + this.errors().reduce((sum, { count }) => sum + count, 0);
  }

  /** Of whole answers, exact: the smallest that so large a share of them does not exceed. Null: there is none. */
  latencies(): Latencies | null {
    if (this.#answers === 0) return null;
    const sorted = this.#latencies.slice(0, this.#answers).sort();
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
  }
}
