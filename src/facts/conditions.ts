import type { Clock } from '../contract/unit.ts';
import type { ConditionReport, ConditionSink } from '../contract/upstream.ts';

export interface KnownCondition extends ConditionReport {
  readonly isActive: boolean;
  /** When it was first told to be so. */
  readonly sinceMs: number;
}

/** The latest word on every condition that can be told; one that cannot be told is not in it. */
export class Conditions implements ConditionSink {
  readonly #clock: Clock;
  readonly #known = new Map<string, KnownCondition>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  condition(report: ConditionReport): void {
    const { condition, subject, isActive } = report;
    const key = [condition, ...Object.values(subject)].join('\xff');
    if (isActive === null) {
      this.#known.delete(key);
      return;
    }
    const before = this.#known.get(key);
    const sinceMs = before?.isActive === isActive ? before.sinceMs : this.#clock.now();
    this.#known.set(key, { ...report, isActive, sinceMs });
  }

  all(): KnownCondition[] {
    return [...this.#known.values()];
  }
}
