import { METHODS } from '../../contract/traffic.ts';
import { CODES, codeIndex, NO_CODE } from '../access-log/codes.ts';
import { methodIndex, OTHER_METHOD } from '../access-log/methods.ts';
import type { TimeBuckets } from '../access-log/time-buckets.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import { AccessUpstreams } from './access-upstreams.ts';
import type { UpstreamTally } from './upstream-tally.ts';

const SWITCHING_PROTOCOLS = 101;
const OK = 200;
const UNKNOWN_CODE = CODES.indexOf('other');
const CONNECT = METHODS.indexOf('CONNECT');
/** Nobody configures more: the number is Envoy's, but a line may be anybody's. */
const MOST_RETRIES = 100;

/** Requests of one Envoy's access log since they were last taken. */
export class EnvoyAccessCounts {
  readonly upstreams: AccessUpstreams;
  /** Of requests, by bucket, not cumulative; of their bodies, in bytes. */
  readonly durations: Float64Array;
  durationMs = 0;
  bytesSent = 0;
  bytesReceived = 0;
  /** Requests that ended as tunnels: 101, or CONNECT with 200. */
  upgrades = 0;
  readonly #buckets: TimeBuckets;

  constructor(limit: number, buckets: TimeBuckets) {
    this.#buckets = buckets;
    this.upstreams = new AccessUpstreams(limit, buckets.count);
    this.durations = new Float64Array(buckets.count);
  }

  /** Returns the upstream that was asked last. */
  count(line: EnvoyAccessLine): UpstreamTally {
    const { code } = line;
    const tally = this.upstreams.of(line);
    tally.isTouched = true;
    const label = labelOf(code);
    if (line.has('response_code')) tally.answers[label]++;
    const duration = line.number('duration');
    const isTunnel = code === SWITCHING_PROTOCOLS || (code === OK && methodOf(line) === CONNECT);
    if (isTunnel) this.upgrades++;
    else if (duration >= 0) {
      this.durations[this.#buckets.of(duration)]++;
      this.durationMs += duration;
    }
    this.bytesSent += line.number('bytes_sent') || 0;
    this.bytesReceived += line.number('bytes_received') || 0;
    this.#countAttempts(line, tally, label);
    if (!isTunnel && line.has('upstream_host')) this.#countUpstreamTime(line, tally, duration);
    return tally;
  }

  /** A request of which nothing is known but that there was one. */
  countUnread(): void {
    const { none } = this.upstreams;
    none.isTouched = true;
    none.answers[UNKNOWN_CODE]++;
  }

  /** To be called once it is reported. */
  clear(): void {
    this.durations.fill(0);
    this.durationMs = 0;
    this.bytesSent = 0;
    this.bytesReceived = 0;
    this.upgrades = 0;
  }

  /** The last attempt has the answer's code; of those before it is not said how they ended, nor which host they had. */
  #countAttempts(line: EnvoyAccessLine, tally: UpstreamTally, label: number): void {
    if (line.has('upstream_host')) tally.attempts[label]++;
    const before = Math.min(line.number('attempts') - 1, MOST_RETRIES);
    if (!(before > 0)) return;
    const cluster = this.upstreams.clusterOf(line);
    cluster.isTouched = true;
    cluster.attempts[NO_CODE] += before;
    tally.retries[methodOf(line)] += before;
  }

  /** A backend may write the header itself where Envoy is told not to: it cannot have taken longer than the request. */
  #countUpstreamTime(line: EnvoyAccessLine, tally: UpstreamTally, duration: number): void {
    const took = line.number(line.has('upstream_service_time') ? 'upstream_service_time' : 'response_duration');
    if (!(took >= 0) || took > duration) return;
    tally.durations[this.#buckets.of(took)]++;
    tally.durationMs += took;
  }
}

function labelOf(code: number): number {
  if (!(code >= 0 && code < 1000)) return UNKNOWN_CODE;
  return code === 0 ? NO_CODE : codeIndex(code);
}

function methodOf(line: EnvoyAccessLine): number {
  if (!line.has('method')) return OTHER_METHOD;
  return methodIndex(line.buffer, line.start('method'), line.end('method'));
}
