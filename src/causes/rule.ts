import type { Observation } from '../contract/failure.ts';
import type { Cause, Symptom } from '../contract/names.ts';
import type { Charge, Facts } from '../facts/facts.ts';

/** Why, and in sentences that a person on call can check: numbers before and after, places, moments. */
export interface Proof {
  readonly evidence: readonly string[];
}

/** The failures belong to other causes, in proportion to the weights. */
export interface Charges {
  readonly charges: readonly Charge[];
}

/**
 * `wait`: not proved, but what would prove it may be known within seconds. Null: this is not the cause, or it will not be
 * known.
 */
export type Judgement = Proof | Charges | 'wait' | null;

/** One cause as a pure rule: an observation and what is known of its moment give a judgement. One file, one test, one page each. */
export interface CauseRule {
  readonly cause: Cause;
  /** Only these are shown to `judge`. */
  readonly symptoms: ReadonlySet<Symptom>;
  judge(observation: Observation, facts: Facts): Judgement;
}
