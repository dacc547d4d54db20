import type { Observation } from '../contract/failure.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { ACCESS_RESULTS } from '../parse/access-log/access-results.ts';
import type { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import type { Interner } from '../parse/interner.ts';
import { WatchedCounts } from './access-log-counts.ts';
import { drainTraffic } from './access-log-traffic.ts';
import { moveCounts } from './followed-logs.ts';
import { Handover } from './handover.ts';
import type { NginxAccessLogMetrics } from './nginx-access-log.ts';

/** Labels of `result`. */
const RESULT_NAMES = ACCESS_RESULTS.map((name) => (name === 'request' ? 'counted' : name));
const UNKNOWN_FORMAT = 'unknown_format';

/** Moments around what was read since the last flush. */
export interface FlushSpan {
  readonly sinceMs: number;
  readonly atMs: number;
  /** What was written before we came may be among it. */
  readonly isLate: boolean;
}

/** What is counted for one gateway; several files of one pod or gateway share it. */
export class AccessGateway {
  readonly subject: Subject;
  readonly counts: WatchedCounts;
  /** Lines of logs whose format nobody knows. */
  unknown = 0;
  readonly #context: CollectorContext<NginxAccessLogMetrics>;
  readonly #buckets: TimeBuckets;
  /** Keys of the files that are followed and read. */
  readonly #files = new Set<string>();
  readonly #handover: Handover;
  #saysReceived = false;

  constructor(
    subject: Subject,
    context: CollectorContext<NginxAccessLogMetrics>,
    { peers, buckets }: { readonly peers: Interner; readonly buckets: TimeBuckets },
  ) {
    this.subject = subject;
    this.counts = new WatchedCounts(peers, buckets);
    this.#context = context;
    this.#handover = new Handover(context.sink);
    this.#buckets = buckets;
  }

  /** A file of it is read. `saysReceived`: its format has the length of requests. */
  follows(key: string, saysReceived: boolean): void {
    this.#saysReceived ||= saysReceived;
    if (this.#files.has(key)) return;
    this.#files.add(key);
    if (this.#files.size > 1) return;
    const { sink, traffic, metrics } = this.#context;
    sink.present('nginx', this.subject, 'access_log');
    traffic.follows('nginx', this.subject);
    for (const result of RESULT_NAMES) metrics.lines.inc({ ...this.subject, result }, 0);
  }

  leaves(key: string): void {
    if (this.#files.delete(key) && this.#files.size === 0) this.#context.traffic.leaves('nginx', this.subject);
  }

  /** Hands over what was counted since the last time. False: there is more (see `Handover`). */
  flush(span: FlushSpan, untilMs?: number): boolean {
    const { results } = this.counts;
    if (results.some((count) => count > 0)) this.#flushTraffic();
    if (!this.#handover.handOver(() => this.#observations(span), untilMs)) return false;
    const { lines } = this.#context.metrics;
    moveCounts(results, RESULT_NAMES, (result, count) => lines.inc({ ...this.subject, result }, count));
    if (this.unknown > 0) lines.inc({ ...this.subject, result: UNKNOWN_FORMAT }, this.unknown);
    this.unknown = 0;
    return true;
  }

  #observations(span: FlushSpan): readonly Observation[] {
    const all: Observation[] = [];
    this.counts.failures.drain((failure) => {
      const { symptom, isOnlyHere, isTimeout, ownStatus, isRefused, requestIds, count, peer } = failure;
      // A clock that was set back must not make an end before the beginning.
      const atMs = Math.min(failure.atMs ?? span.atMs, span.atMs);
      const sinceMs = Math.min(failure.sinceMs ?? span.sinceMs, atMs - 1);
      all.push({
        ...{ proxy: 'nginx', source: 'access_log', subject: this.subject, upstream: UNKNOWN_UPSTREAM },
        ...{ symptom, failure: failure.failure, peer, count, sinceMs, atMs },
        ...(atMs < span.atMs ? { readMs: span.atMs } : {}),
        ...(isOnlyHere ? { isOnlyHere } : {}),
        ...(isTimeout ? { isTimeout } : {}),
        ...(ownStatus === null ? {} : { ownStatus }),
        ...(isRefused ? { isRefused } : {}),
        ...(span.isLate ? { isLate: true } : {}),
        ...(requestIds.length > 0 ? { requestIds } : {}),
      });
    });
    return all;
  }

  #flushTraffic(): void {
    const { counts, subject } = this;
    const { traffic } = this.#context;
    const { upstreams, durations } = drainTraffic(counts, this.#buckets.count);
    for (const one of upstreams) traffic.upstream('nginx', subject, one);
    const { bytes, upgrades } = counts;
    traffic.gateway('nginx', subject, {
      ...{ durations, upgrades },
      // Without $bytes_sent only the bodies are known.
      responseBytes: bytes.sent > 0 ? bytes.sent : bytes.body,
      requestBytes: this.#saysReceived ? bytes.received : null,
    });
    Object.assign(bytes, { sent: 0, body: 0, received: 0 });
    counts.upgrades = 0;
  }
}
