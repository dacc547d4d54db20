import type { Symptom } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';

/** A request may go on for long after an attempt has failed: the access log has it at its end. */
const KEPT_MS = 600_000;
/** Within one of these spans credits are one. */
const SPAN_MS = 5_000;
const MOST_KEYS = 20_000;

interface Credit {
  readonly sinceMs: number;
  readonly symptom: Symptom;
  count: number;
}

/** Failures that are counted and that another source will tell of, by key. Bounded; the keys that are oldest are forgotten first. */
export class Credits {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Credit[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string, count: number, symptom: Symptom): void {
    if (count <= 0) return;
    const nowMs = this.#clock.now();
    const credits = this.#fresh(key, nowMs);
    const last = credits.findLast((one) => one.symptom === symptom);
    if (last !== undefined && nowMs - last.sinceMs < SPAN_MS) last.count += count;
    else credits.push({ sinceMs: nowMs, symptom, count });
    this.#byKey.delete(key);
    this.#byKey.set(key, credits);
    if (this.#byKey.size > MOST_KEYS) this.#byKey.delete(this.#byKey.keys().next().value as string);
  }

  /** Takes up to `count` of this symptom, else of any, the oldest first; returns how many there were. */
  take(key: string, count: number, symptom?: Symptom): number {
    const credits = this.#fresh(key, this.#clock.now());
    let taken = 0;
    for (const credit of credits) {
      if (symptom !== undefined && credit.symptom !== symptom) continue;
      const part = Math.min(count - taken, credit.count);
      credit.count -= part;
      taken += part;
    }
    const left = credits.filter((credit) => credit.count > 0);
    if (left.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, left);
    return taken;
  }

  /** The same of several keys, in their order. */
  takeOf(keys: Iterable<string>, count: number, symptom?: Symptom): number {
    let taken = 0;
    for (const key of keys) taken += this.take(key, count - taken, symptom);
    return taken;
  }

  /** The same of all keys that begin so. */
  takeBeginning(beginning: string, count: number, symptom?: Symptom): number {
    const keys = [...this.#byKey.keys()].filter((one) => one.startsWith(beginning));
    return this.takeOf(keys, count, symptom);
  }

  save(): unknown {
    return [...this.#byKey].map(([key, credits]) => [key, credits.map(({ sinceMs, count }) => [sinceMs, count])]);
  }

  /** Tolerates anything. Envoy's statistics are told from the first reading of a run on: nothing of the run before is still to come. */
  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const row of saved.slice(-MOST_KEYS)) {
      if (!Array.isArray(row) || typeof row[0] !== 'string' || !Array.isArray(row[1])) continue;
      // Those of nginx are matched whatever their symptom was.
      const credits = row[1]
        .filter(isCredit)
        .map(([sinceMs, count]) => ({ sinceMs, count, symptom: 'other' as const }));
      if (credits.length > 0 && !row[0].startsWith('envoy ')) this.#byKey.set(row[0], credits);
    }
  }

  #fresh(key: string, nowMs: number): Credit[] {
    // A clock that was set back: nothing is older than it seems.
    return (this.#byKey.get(key) ?? []).filter(({ sinceMs }) => Math.abs(nowMs - sinceMs) < KEPT_MS);
  }
}

function isCredit(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isInteger(value[1]) && value[1] > 0;
}
