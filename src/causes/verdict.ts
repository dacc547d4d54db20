import type { Observation } from '../contract/failure.ts';
import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';

/** `count` failures of an observation with their cause. The counts of all verdicts on it are together its count. */
export interface Verdict {
  readonly observation: Observation;
  readonly count: number;
  readonly cause: Cause;
  readonly upstream: UpstreamIdentity;
  readonly evidence: readonly string[];
  /** When it was said, milliseconds since the epoch. */
  readonly decidedMs: number;
}
