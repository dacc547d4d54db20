import type { ChangeKind } from '../contract/evidence.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause, ProxyKind, Symptom } from '../contract/names.ts';
import type { Condition } from '../contract/upstream.ts';

/** Failures of one cause within an incident. */
export interface CauseShare {
  readonly cause: Cause;
  readonly count: number;
  /** What was said, the most frequent first. */
  readonly symptoms: readonly { readonly symptom: Symptom; readonly count: number }[];
  /** Where they went, the most frequent first, at most 20. */
  readonly upstreams: readonly {
    readonly upstream: UpstreamIdentity;
    /** `address:port`, a socket path or a block name; '' when no peer was named. */
    readonly peer: string;
    readonly count: number;
  }[];
  /** Sentences, the latest first, at most 10, of those that differ in figures only the latest: numbers before and after, places, moments. */
  readonly evidence: readonly string[];
}

export interface TimelineEntry {
  readonly atMs: number;
  /** `failures` and `quiet`: they began, they ended. `condition`: a bad state began or ended. Else what somebody did. */
  readonly kind: 'failures' | 'quiet' | 'condition' | ChangeKind;
  readonly text: string;
}

/** What belongs together: failures, bad states and changes of one gateway with one root cause. Plain data, JSON as it is. */
export interface Incident {
  /** The same as long as it is remembered, also over a restart; `i` and 12 hexadecimal digits. */
  readonly id: string;
  /** Failures within the last minutes, or a condition that holds, or has just ended. */
  readonly isOpen: boolean;
  readonly startedMs: number;
  /** The last failure, or the last word of a condition. */
  readonly lastMs: number;
  readonly proxy: ProxyKind | null;
  /** Workload or configured name, and namespace. */
  readonly gateway: string;
  readonly namespace: string;
  /** Replicas that took part, at most 50. */
  readonly subjects: readonly Subject[];
  /** Null: no request has failed yet, only a condition holds. */
  readonly cause: Cause | null;
  readonly conditions: readonly {
    readonly condition: Condition;
    readonly isActive: boolean;
    readonly sinceMs: number;
    readonly evidence: string;
  }[];
  /** `namespace/service:port`, or the upstream's name; the most affected first, at most 20. */
  readonly affected: readonly string[];
  readonly failures: number;
  /** Failures of the last minute, per second. */
  readonly rate: number;
  /** Of all requests of the gateway since it began, 0 to 1; null: how many there were is not known. */
  readonly share: number | null;
  /** The root cause first. */
  readonly causes: readonly CauseShare[];
  /** The oldest first, at most 100. */
  readonly timeline: readonly TimelineEntry[];
  /** Redacted log lines, the latest first, at most 10. */
  readonly samples: readonly string[];
  /** `$request_id` of failed requests, the latest first, at most 20; empty without an access log that has them, and after a restart. */
  readonly requestIds: readonly string[];
  /** One sentence that says what happens and why. */
  readonly title: string;
  /** What to do next: a command or a place to look. */
  readonly next: string;
}

export interface IncidentQuery {
  /** At most so many, 1 to 1000. */
  readonly limit?: number;
  /** Those with `lastMs` at or after this moment. */
  readonly sinceMs?: number;
}
