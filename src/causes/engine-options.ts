import type { Cause } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { Facts } from '../facts/facts.ts';
import type { CauseRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

/** How often `CauseEngine.tick` is to be called. */
export const TICK_MS = 250;

export interface CauseEngineOptions {
  /** The most specific first: the first proof counts. */
  readonly rules: readonly CauseRule[];
  readonly facts: Facts;
  readonly clock: Clock;
  /** Milliseconds that never go back, from any moment on; tests step them. */
  readonly monotonic?: () => number;
  readonly limits?: {
    /** After `atMs`; what is not known then is not waited for. 5 s. */
    readonly waitMs?: number;
    /** So many observations wait at most; the oldest are decided early. 10,000. */
    readonly pending?: number;
    /** One look takes so many milliseconds of the thread at most, or little more. 10. */
    readonly lookMs?: number;
  };
  readonly onVerdict: (verdict: Verdict) => void;
  /** Somebody waits for facts: at the first since the last tick, and at every tick while anybody does. */
  readonly onWait: () => void;
  /** A verdict was said without what it waited for: too many wait. */
  readonly onHurried: () => void;
  /** A rule threw and counts as not proved. */
  readonly onRuleError: (cause: Cause, error: unknown) => void;
}
