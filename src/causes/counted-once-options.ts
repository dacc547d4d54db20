import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';

export interface CountedOnceOptions {
  readonly clock: Clock;
  /** Whether the access log of this gateway is followed, or was a moment ago. */
  readonly isLogFollowed: (proxy: ProxyKind, subject: Subject) => boolean;
  /** Statuses of requests that the limits of this nginx refuse; null: not known. */
  readonly refusalStatuses: (subject: Subject) => readonly number[] | null;
  /** Whether the access log of this nginx has lines of requests inside a client's, or nobody knows. */
  readonly mayLogSubrequests: (subject: Subject) => boolean;
  readonly pass: (observation: Observation) => void;
  /** So many failures were counted before the other source had its time, because too many waited. */
  readonly onHurried: (count: number) => void;
  /** It is passed on later, unless the other source tells of it: what will be asked about it then has to be looked for now. */
  readonly onWait?: (observation: Observation) => void;
  readonly mostWaiting?: number;
}

/** A failure that one source has told of, and that waits for the other one's word. */
export interface Waiting {
  readonly observation: Observation;
  readonly key: string;
  readonly untilMs: number;
  /** So long it waits in all. */
  readonly lagMs: number;
  /** Of the source that says more, but not what it was or of which upstream: that is the other one's when it tells of it. */
  readonly isVague: boolean;
  count: number;
}
