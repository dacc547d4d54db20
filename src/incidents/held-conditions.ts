import type { Subject } from '../contract/metrics.ts';
import type { Condition } from '../contract/upstream.ts';
import { opensIncident } from './condition-reasons.ts';
import type { Incident } from './incident.ts';
import { subjectKey } from './incident-key.ts';

/** A bad state of one replica that holds now. */
export interface ActiveCondition {
  readonly condition: Condition;
  readonly subject: Subject;
  readonly sinceMs: number;
  readonly evidence: string;
}

interface Held {
  /** Replicas that it holds for. */
  readonly active: Set<string>;
  sinceMs: number;
  evidence: string;
  /** From an earlier run: whether it still holds has not been said again. */
  isOfEarlierRun: boolean;
}

/** The bad states of one incident, each once for all replicas. */
export class HeldConditions {
  readonly #held = new Map<Condition, Held>();

  get isActive(): boolean {
    for (const { active } of this.#held.values()) if (active.size > 0) return true;
    return false;
  }

  /** One of them is reason enough to be an incident. */
  get isHeldOpen(): boolean {
    for (const [condition, { active }] of this.#held) if (active.size > 0 && opensIncident(condition)) return true;
    return false;
  }

  has(condition: Condition): boolean {
    return this.#held.has(condition);
  }

  isHolding(condition: Condition): boolean {
    return (this.#held.get(condition)?.active.size ?? 0) > 0;
  }

  /** True when it did not hold before; not for one that an earlier run has already told of. */
  begin({ condition, subject, sinceMs, evidence }: ActiveCondition): boolean {
    const known = this.#held.get(condition);
    const held = known ?? { active: new Set(), sinceMs, evidence, isOfEarlierRun: false };
    const hasBegun = held.active.size === 0 && !held.isOfEarlierRun;
    if (hasBegun) held.sinceMs = sinceMs;
    held.isOfEarlierRun = false;
    held.evidence = evidence;
    held.active.add(subjectKey(subject));
    if (known === undefined) this.#held.set(condition, held);
    return hasBegun;
  }

  /** True when it holds for no replica any more. */
  end(condition: Condition, subject: Subject): boolean {
    const held = this.#held.get(condition);
    return held?.active.delete(subjectKey(subject)) === true && held.active.size === 0;
  }

  active(): { readonly condition: Condition; readonly evidence: string }[] {
    return [...this.#held]
      .filter(([, { active }]) => active.size > 0)
      .map(([condition, { evidence }]) => ({ condition, evidence }));
  }

  absorb(other: HeldConditions): void {
    for (const [condition, held] of other.#held) {
      const known = this.#held.get(condition);
      if (known === undefined) {
        this.#held.set(condition, held);
        continue;
      }
      for (const subject of held.active) known.active.add(subject);
      known.sinceMs = Math.min(known.sinceMs, held.sinceMs);
    }
  }

  /** What an earlier run said; active only when it is said again. */
  restore(saved: Incident['conditions']): void {
    for (const { condition, sinceMs, evidence, isActive } of saved)
      this.#held.set(condition, { active: new Set(), sinceMs, evidence, isOfEarlierRun: isActive });
  }

  /** Those that hold first, then the oldest. */
  list(): Incident['conditions'] {
    return [...this.#held]
      .map(([condition, { active, sinceMs, evidence }]) => ({
        condition,
        isActive: active.size > 0,
        sinceMs,
        evidence,
      }))
      .sort((a, b) => Number(b.isActive) - Number(a.isActive) || a.sinceMs - b.sinceMs);
  }
}
