import type { AccessLogLine } from './access-lines.ts';
import { add } from './truth.ts';

/** Seconds. */
export const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** Not cumulative; the last is above all bounds. */
export interface Distribution {
  readonly counts: number[];
  sumMs: number;
}

/** What a reader of an access log must find. */
export interface AccessAnswer {
  requests: number;
  bytes: number;
  readonly codes: Record<string, number>;
  readonly duration: Distribution;
  readonly upstreamDuration: Distribution;
  /** By `peer class`; the class of `-` is `none`. */
  readonly attempts: Record<string, number>;
}

export interface AccessTruth extends AccessAnswer {
  readonly lines: number;
  readonly fileBytes: number;
  /** Of `attempts`, those that were the last of their request. */
  readonly lastAttempts: Record<string, number>;
  /** Requests and attempts that took 0.000 s, which mtail's histograms lose. */
  zeroRequests: number;
}

export function emptyAnswer(): AccessAnswer {
  const distribution = (): Distribution => ({ counts: Array.from({ length: BUCKETS.length + 1 }, () => 0), sumMs: 0 });
  return { requests: 0, bytes: 0, codes: {}, duration: distribution(), upstreamDuration: distribution(), attempts: {} };
}

export function classOf(code: number): string {
  return code === 0 ? 'none' : `${Math.floor(code / 100)}xx`;
}

function observe(distribution: Distribution, ms: number): void {
  const found = BUCKETS.findIndex((bound) => ms / 1000 <= bound);
  distribution.counts[found < 0 ? BUCKETS.length : found]++;
  distribution.sumMs += ms;
}

/** Collects the truth line by line. */
export class AccessTally {
  readonly #answer = emptyAnswer();
  readonly #last: Record<string, number> = {};
  #zeroRequests = 0;

  count({ code, requestMs, bytes, attempts }: AccessLogLine): void {
    const answer = this.#answer;
    answer.requests++;
    answer.bytes += bytes;
    add(answer.codes, String(code), 1);
    observe(answer.duration, requestMs);
    if (requestMs === 0) this.#zeroRequests++;
    attempts.forEach((attempt, index) => {
      const key = `${attempt.peer} ${classOf(attempt.code)}`;
      observe(answer.upstreamDuration, attempt.ms);
      add(answer.attempts, key, 1);
      if (index === attempts.length - 1) add(this.#last, key, 1);
    });
  }

  truth(lines: number, fileBytes: number): AccessTruth {
    return { ...this.#answer, lines, fileBytes, lastAttempts: this.#last, zeroRequests: this.#zeroRequests };
  }
}

/** Every difference as `what: truth N, got M`; empty when equal. */
export function accessDifferences(truth: AccessAnswer, got: AccessAnswer): string[] {
  const [expected, actual] = [flatten(truth), flatten(got)];
  return [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((key) => (expected.get(key) ?? 0) !== (actual.get(key) ?? 0))
    .map((key) => `${key}: truth ${expected.get(key) ?? 0}, got ${actual.get(key) ?? 0}`);
}

function flatten(answer: AccessAnswer): Map<string, number> {
  const flat = new Map([
    ['requests', answer.requests],
    ['bytes', answer.bytes],
  ]);
  for (const [code, n] of Object.entries(answer.codes)) flat.set(`code ${code}`, n);
  for (const [key, n] of Object.entries(answer.attempts)) flat.set(`attempts ${key}`, n);
  for (const name of ['duration', 'upstreamDuration'] as const) {
    answer[name].counts.forEach((n, bucket) => {
      flat.set(`${name} bucket ${bucket}`, n);
    });
    flat.set(`${name} sum`, Math.round(answer[name].sumMs));
  }
  return flat;
}
