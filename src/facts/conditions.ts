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
  /** By condition: the keys of `#known` and `#ended`. */
  readonly #keys = new Map<Condition, Set<string>>();
  readonly #toldMs = new Map<string, number>();
  readonly #listeners: ((report: ConditionReport) => void)[] = [];
  /** What they were before, those that ended longest ago first. */
  readonly #ended = new Map<string, readonly Ended[]>();
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many that had ended were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#dropped;
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
      this.#unlist(condition, key);
      return;
    }
    const nowMs = this.#clock.now();
    const sinceMs = before?.isActive === isActive ? before.sinceMs : nowMs;
    this.#toldMs.set(key, nowMs);
    this.#known.set(key, { ...report, isActive, sinceMs });
    const keys = this.#keys.get(condition);
    if (keys === undefined) this.#keys.set(condition, new Set([key]));
    else keys.add(key);
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
    const isMeant = (one: KnownCondition) => one.sinceMs <= span.untilMs && isIts(one);
    for (const key of this.#keys.get(condition) ?? []) {
      const one = this.#known.get(key);
      if (one !== undefined && isMeant(one)) found.push({ ...one, toldMs: this.#toldMs.get(key)! });
      for (const before of this.#ended.get(key) ?? [])
        if (before.untilMs > span.fromMs && isMeant(before)) found.push(before);
    }
    return found.sort((one, other) => other.sinceMs - one.sinceMs);
  }

  /** Nothing at all was told of it within the time that is remembered. */
  isUntold(condition: Condition): boolean {
    return !this.#keys.has(condition);
  }

  #unlist(condition: Condition, key: string): void {
    if (this.#known.has(key) || this.#ended.has(key)) return;
    const keys = this.#keys.get(condition);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(condition);
  }

  #end(key: string, before: KnownCondition): void {
    const nowMs = this.#clock.now();
    const kept = (this.#ended.get(key) ?? []).filter(({ untilMs }) => nowMs - untilMs <= KEPT_MS).slice(-7);
    this.#ended.delete(key);
    this.#ended.set(key, [...kept, { ...before, toldMs: this.#toldMs.get(key)!, untilMs: nowMs }]);
    for (const [oldest, all] of this.#ended) {
      const isOver = nowMs - all.at(-1)!.untilMs > KEPT_MS;
      if (!isOver && this.#ended.size <= MOST_ENDED) return;
      if (!isOver) this.#dropped++;
      this.#ended.delete(oldest);
      this.#unlist(all[0].condition, oldest);
    }
  }
}
