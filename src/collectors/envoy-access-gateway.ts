import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import { METHODS, type UpstreamTraffic } from '../contract/traffic.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { CODES } from '../parse/access-log/codes.ts';
import type { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import { EnvoyAccessCounts } from '../parse/envoy-access/access-counts.ts';
import { type AccessFailure, AccessFailures } from '../parse/envoy-access/access-failures.ts';
import type { AccessField } from '../parse/envoy-access/access-fields.ts';
import { ENVOY_LINE_RESULTS, type EnvoyAccount, newResults } from '../parse/envoy-access/envoy-log-reader.ts';
import { errnoText } from '../parse/envoy-access/redacted-request.ts';
import type { UpstreamTally } from '../parse/envoy-access/upstream-tally.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import type { EnvoyAccessLogMetrics } from './envoy-access-log.ts';
import { moveCounts } from './followed-logs.ts';
import { Handover } from './handover.ts';

const SECOND_MS = 1000;
/** Envoy writes its log at least every 10 s, unless told otherwise (--file-flush-interval-msec). */
const WRITTEN_MS = 10_000;
/** What facts of all kinds remember: of what is older nothing is said for certain. */
const REMEMBERED_MS = 60_000;

/** What was read since the last flush. */
export interface FlushSpan {
  readonly sinceMs: number;
  readonly nowMs: number;
  /** When we came: of what was before nothing is known. */
  readonly startedMs: number;
  /** What was written before may be among it. */
  readonly hasBacklog: boolean;
}

/** What is counted for one Envoy; several files of one pod or gateway share it. */
export class EnvoyAccessGateway implements EnvoyAccount {
  readonly subject: Subject;
  readonly results = newResults();
  readonly counts: EnvoyAccessCounts;
  readonly failures = new AccessFailures();
  readonly #context: CollectorContext<EnvoyAccessLogMetrics>;
  /** Files whose answers are counted. */
  readonly #followed = new Set<string>();
  readonly #handover: Handover;
  readonly #intervalMs: number;
  #saysReceived = false;
  #isPresent = false;

  constructor(
    subject: Subject,
    context: CollectorContext<EnvoyAccessLogMetrics>,
    {
      limit,
      buckets,
      intervalMs,
    }: { readonly limit: number; readonly buckets: TimeBuckets; readonly intervalMs: number },
  ) {
    this.#intervalMs = intervalMs;
    this.subject = subject;
    this.#context = context;
    this.#handover = new Handover(context.sink);
    this.counts = new EnvoyAccessCounts(limit, buckets);
  }

  /** A file of it is there and its lines can be read. */
  follows(key: string, fields: ReadonlySet<AccessField>): void {
    if (this.#followed.has(key)) return;
    const { sink, traffic, metrics } = this.#context;
    if (!this.#isPresent) {
      this.#isPresent = true;
      sink.present('envoy', this.subject, 'access_log');
      sink.lags?.('envoy', this.subject, 'read', this.#intervalMs);
      for (const result of ENVOY_LINE_RESULTS) metrics.lines.inc({ ...this.subject, result }, 0);
    }
    if (!fields.has('response_code')) return;
    this.#saysReceived ||= fields.has('bytes_received');
    this.#followed.add(key);
    traffic.follows('envoy', this.subject);
  }

  leaves(key: string): void {
    if (this.#followed.delete(key)) this.#context.traffic.leaves('envoy', this.subject);
  }

  /** Hands over what was counted since the last time. False: there is more (see `Handover`). */
  flush(span: FlushSpan, untilMs?: number): boolean {
    const { metrics } = this.#context;
    if (this.results.some((count) => count > 0)) this.#flushTraffic(span);
    const drain = () => this.failures.drain().map((failure) => this.#observationOf(failure, span));
    if (!this.#handover.handOver(drain, untilMs)) return false;
    moveCounts(this.results, ENVOY_LINE_RESULTS, (result, count) =>
      metrics.lines.inc({ ...this.subject, result }, count),
    );
    const { upstreams } = this.counts;
    if (upstreams.overflows > 0) metrics.overflows.inc(this.subject, upstreams.overflows);
    upstreams.overflows = 0;
    return true;
  }

  #flushTraffic({ sinceMs }: FlushSpan): void {
    const { counts, subject } = this;
    const { traffic } = this.#context;
    counts.upstreams.drain((tally) => {
      traffic.upstream('envoy', subject, trafficOf(tally));
      this.#used(tally, sinceMs - WRITTEN_MS);
    });
    traffic.gateway('envoy', subject, {
      durations: { counts: counts.durations.slice(), sum: counts.durationMs / SECOND_MS },
      requestBytes: this.#saysReceived ? counts.bytesReceived : null,
      responseBytes: counts.bytesSent,
      upgrades: counts.upgrades,
    });
    counts.clear();
  }

  /** Its requests say which hosts it asks, also where nobody lists them. */
  #used({ peer }: UpstreamTally, sinceMs: number): void {
    if (peer !== null) this.#context.sink.named?.('envoy', this.subject, peer);
    const ip = peer?.scheme === 'tcp' ? canonicalIp(peer.address) : null;
    if (ip !== null && peer?.port != null)
      this.#context.addresses.used('envoy', this.subject, { ip, port: peer.port }, sinceMs);
  }

  #observationOf(
    { between, asked, errno, isTimeout, isOwn, isOfService, ...said }: AccessFailure,
    span: FlushSpan,
  ): Observation {
    const { nowMs } = span;
    // Envoy's clock is ours: what seems to come is now.
    const atMs = Math.min(between?.atMs ?? nowMs, nowMs);
    const sinceMs = Math.min(between?.sinceMs ?? span.sinceMs - WRITTEN_MS, atMs - 1);
    const isLate = between === null ? span.hasBacklog : atMs < span.startedMs || nowMs - atMs > REMEMBERED_MS;
    const { symptom, failure, count, sample } = said;
    return {
      ...{ proxy: 'envoy', source: 'access_log', subject: this.subject, symptom, failure, count },
      ...{ peer: asked.peer, upstream: asked.upstream, sinceMs, atMs },
      ...(atMs < nowMs ? { readMs: nowMs } : {}),
      ...(isLate ? { isLate } : {}),
      ...(isTimeout ? { isTimeout } : {}),
      ...(isOwn ? { isOnlyHere: true as const } : {}),
      ...(isOfService ? { isOfService } : {}),
      ...(errno > 0 ? { said: `Envoy said ${errnoText(errno)}` } : {}),
      ...(sample === undefined ? {} : { sample }),
    };
  }
}

function trafficOf({
  peer,
  upstream,
  answers,
  attempts,
  retries,
  durations,
  durationMs,
}: UpstreamTally): UpstreamTraffic {
  return {
    ...{ peer, upstream: upstream.upstream, newConnections: 0, reusedConnections: 0 },
    ...{ answers: positive(CODES, answers), attempts: positive(CODES, attempts), retries: positive(METHODS, retries) },
    durations: { counts: durations.slice(), sum: durationMs / SECOND_MS },
  };
}

function positive<T extends string>(names: readonly T[], counts: Float64Array): Map<T, number> {
  const found = new Map<T, number>();
  names.forEach((name, index) => {
    if (counts[index] > 0) found.set(name, counts[index]);
  });
  return found;
}
