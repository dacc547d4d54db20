import type { Subject, UpstreamIdentity } from './metrics.ts';
import type { ProxyKind, Symptom } from './names.ts';

/** An upstream peer as the proxy names it. `port` is null for a unix socket path and for a block name. */
export interface PeerAddress {
  readonly scheme: string;
  readonly address: string;
  readonly port: number | null;
}

/** `count` identical observations by one proxy since the last report: the unit that facts and causes work on. */
export interface Observation {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly symptom: Symptom;
  /** True when each of them is a failed upstream attempt or a 5xx made by the gateway itself. */
  readonly failure: boolean;
  readonly peer: PeerAddress | null;
  readonly upstream: UpstreamIdentity;
  readonly count: number;
  /** All of them happened after this moment (milliseconds since the epoch) … */
  readonly sinceMs: number;
  /** … and not after this one, when they were read. */
  readonly atMs: number;
  /** They may have happened long before: what was known when they were read says nothing of them. */
  readonly isLate?: true;
  /** One of the log lines, redacted (parse/redacted-line.ts); absent without a log. */
  readonly sample?: string;
}

export interface ObservationSink {
  /** A gateway is watched: its failure series exist at 0 from now on. */
  present(proxy: ProxyKind, subject: Subject): void;
  observe(observation: Observation): void;
}
