import type { Clock } from '../contract/unit.ts';
import type { Condition, ConditionReport, ConditionSink } from '../contract/upstream.ts';

/** How long it is remembered that a condition was another one. */
const KEPT_MS = 120_000;
const MOST_ENDED = 10_000;

export interface KnownCondition extends ConditionReport {
  readonly isActive: boolean;
  /** When it was first told to be so. */
  readonly sinceMs: number;
}

/** When it was last told to be so. */
export interface ToldCondition extends KnownCondition {
  readonly toldMs: number;
}

/** As it was until a moment. */
interface Ended extends ToldCondition {
  readonly untilMs: number;
}

/** The latest word on every condition that can be told; one that cannot be told is not in it. */
export class Conditions implements ConditionSink {
  readonly #clock: Clock;
  readonly #known = new Map<string, KnownCondition>();
  readonly #toldMs = new Map<string, number>();
  readonly #listeners: ((report: ConditionReport) => void)[] = [];
  /** What they were before, those that ended longest ago first. */
  readonly #ended = new Map<string, readonly Ended[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Told of every word from now on, also the same again. */
  listen(listener: (report: ConditionReport) => void): void {
    this.#listeners.push(listener);
  }

  condition(report: ConditionReport): void {
    for (const listener of this.#listeners) listener(report);
    const { condition, subject, isActive } = report;
    const key = [condition, ...Object.values(subject)].join('\xff');
    const before = this.#known.get(key);
    if (before !== undefined && before.isActive !== isActive) this.#end(key, before);
    if (isActive === null) {
      this.#known.delete(key);
      this.#toldMs.delete(key);
      return;
    }
    const nowMs = this.#clock.now();
    const sinceMs = before?.isActive === isActive ? before.sinceMs : nowMs;
    this.#toldMs.set(key, nowMs);
    this.#known.set(key, { ...report, isActive, sinceMs });
  }

  all(): KnownCondition[] {
    return [...this.#known.values()];
  }

  /** As they were told between the two moments (milliseconds since the epoch), of those that `isIts` accepts; the latest first. */
  during(
    condition: Condition,
    isIts: (report: ConditionReport) => boolean,
    span: { readonly fromMs: number; readonly untilMs: number },
  ): ToldCondition[] {
    const found: ToldCondition[] = [];
    const isMeant = (one: KnownCondition) => one.condition === condition && one.sinceMs <= span.untilMs && isIts(one);
    for (const [key, one] of this.#known) if (isMeant(one)) found.push({ ...one, toldMs: this.#toldMs.get(key)! });
    for (const all of this.#ended.values())
      for (const one of all) if (one.untilMs > span.fromMs && isMeant(one)) found.push(one);
    return found.sort((one, other) => other.sinceMs - one.sinceMs);
  }

  #end(key: string, before: KnownCondition): void {
    const nowMs = this.#clock.now();
    const kept = (this.#ended.get(key) ?? []).filter(({ untilMs }) => nowMs - untilMs <= KEPT_MS).slice(-7);
    this.#ended.delete(key);
    this.#ended.set(key, [...kept, { ...before, toldMs: this.#toldMs.get(key)!, untilMs: nowMs }]);
    for (const [oldest, all] of this.#ended) {
      if (this.#ended.size <= MOST_ENDED && nowMs - all.at(-1)!.untilMs <= KEPT_MS) return;
      this.#ended.delete(oldest);
    }
  }
}
