import type { PeerAddress } from '../../contract/failure.ts';
import type { UpstreamIdentity } from '../../contract/metrics.ts';
import { METHODS } from '../../contract/traffic.ts';
import { CODES } from '../access-log/codes.ts';

/** What one upstream address of a cluster was asked for since it was last read. */
export class UpstreamTally {
  /** Null: Envoy chose no host, or it is beyond the limit. */
  readonly peer: PeerAddress | null;
  /** As Envoy's statistics name the cluster; without a name the format does not say it, or there was none. */
  readonly upstream: UpstreamIdentity;
  /** By CODES. */
  readonly answers = new Float64Array(CODES.length);
  readonly attempts = new Float64Array(CODES.length);
  /** By METHODS. */
  readonly retries = new Float64Array(METHODS.length);
  /** By bucket, not cumulative. */
  readonly durations: Float64Array;
  durationMs = 0;
  /** Something was counted. */
  isTouched = false;

  /** `buckets`: how many, with the one above all. */
  constructor(peer: PeerAddress | null, upstream: UpstreamIdentity, buckets: number) {
    this.peer = peer;
    this.upstream = upstream;
    this.durations = new Float64Array(buckets);
  }

  clear(): void {
    for (const counts of [this.answers, this.attempts, this.retries, this.durations]) counts.fill(0);
    this.durationMs = 0;
    this.isTouched = false;
  }
}
