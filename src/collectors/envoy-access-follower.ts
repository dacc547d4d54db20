import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import { EnvoyLogReader, type FormatOf, LONG_LINE } from '../parse/envoy-access/envoy-log-reader.ts';
import { BusyTime } from '../sources/efficiency-mode.ts';
import { type BlockSink, type Follow, type LossReason, Tailer } from '../sources/line-source.ts';
import { isContainerLog } from '../sources/pod-log-path.ts';
import { EnvoyAccessFormats } from './envoy-access-formats.ts';
import { EnvoyAccessGateway } from './envoy-access-gateway.ts';
import type { EnvoyAccessLogConfig, EnvoyAccessLogMetrics } from './envoy-access-log.ts';
import { type EnvoyLogPlan, NO_ENVOY_LOGS, planEnvoyLogs } from './envoy-access-plan.ts';
import { FollowedSeries, outcomeOf, targetOf } from './followed-logs.ts';

/** A rotated log is away for a moment. */
const AWAY_MS = 60_000;

/** A followed file. */
interface Log {
  readonly gateway: EnvoyAccessGateway;
  readonly wrapping: 'container' | 'none';
  readonly formatOf: FormatOf;
}

/** Follows Envoy's access logs and counts their requests; what failed becomes observations. */
export class EnvoyAccessFollower implements Collector, BlockSink {
  readonly #config: EnvoyAccessLogConfig;
  readonly #context: CollectorContext<EnvoyAccessLogMetrics>;
  readonly #series = new FollowedSeries();
  readonly #catchingUp = new BusyTime('logs of Envoy to catch up with');
  readonly #buckets: TimeBuckets;
  readonly #formats: EnvoyAccessFormats;
  readonly #gateways = new Map<string, EnvoyAccessGateway>();
  readonly #logs = new Map<string, Log>();
  /** When files were last seen, by path. */
  readonly #seenMs = new Map<string, number>();
  readonly #startedMs: number;
  #reader: EnvoyLogReader | undefined;
  #plan: EnvoyLogPlan = NO_ENVOY_LOGS;
  #tailer: Tailer | undefined;
  #isStarted = false;
  #flushedMs: number;
  /** What was written before we came, or while we were away, may have been among what was read since the last flush. */
  #hasBacklog = true;

  constructor(config: EnvoyAccessLogConfig, context: CollectorContext<EnvoyAccessLogMetrics>) {
    this.#config = config;
    this.#context = context;
    this.#buckets = new TimeBuckets(context.traffic.buckets);
    this.#formats = new EnvoyAccessFormats();
    this.#startedMs = this.#flushedMs = context.clock.now();
  }

  async start(): Promise<void> {
    const { paths, clock, checkpoint } = this.#context;
    this.#plan = planEnvoyLogs(this.#config, paths);
    checkpoint.register('envoy_access_formats', this.#formats);
    if (this.#plan.globs.length > 0) {
      this.#tailer = new Tailer({
        ...{ name: 'tail_envoy_access', globs: this.#plan.globs, startAt: this.#config.start_at, sink: this },
        ...{ clock, checkpoint, limits: { files: this.#config.file_limit } },
        wakeUps: this.#context.wakeUps,
        onBacklog: () => this.#catchingUp.note(),
      });
      await this.#tailer.start();
      this.#notice();
    }
    this.#isStarted = true;
  }

  async stop(): Promise<void> {
    await this.#tailer?.stop();
    this.flush();
    for (const path of this.#seenMs.keys()) this.#gatewayOf(path).leaves(path);
    this.#seenMs.clear();
  }

  /** False until everything that the logs held at start is counted. */
  caughtUp(): boolean {
    return this.#isStarted && (this.#tailer?.caughtUp() ?? true);
  }

  poll(): Outcome {
    const nothing = this.#plan.notes.join('; ') || 'no file matches collectors.envoy_access_log.files';
    return outcomeOf(this.#tailer?.status() ?? [], nothing);
  }

  targets(): readonly Target[] {
    return (this.#tailer?.status() ?? []).map((status) => {
      const target = targetOf(status);
      const format = this.#formats.nameOf(status.path, this.#plan.formatOf(status.path));
      return { ...target, detail: `${target.detail}, ${format}` };
    });
  }

  notes(): readonly string[] {
    return this.#plan.notes;
  }

  onOpen(file: Follow): void {
    const { path } = file;
    const formatOf = this.#formats.formatOf(path, this.#plan.formatOf(path));
    const wrapping = isContainerLog(path) ? 'container' : 'none';
    this.#logs.set(file.key, { gateway: this.#gatewayOf(path), wrapping, formatOf });
  }

  onClose(file: Follow): void {
    this.#logs.delete(file.key);
  }

  onBlock(file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    const { gateway, wrapping, formatOf } = this.#of(file);
    // Not before the first bytes: WebAssembly and its compiler are 1 MB.
    this.#reader ??= new EnvoyLogReader();
    this.#formats.beginBlock();
    const used = this.#reader.read({ buffer, start, end, final, wrapping, formatOf }, gateway);
    // The format may be known since these lines, and the statistics' word of them may come before the next flush.
    if (!this.#seenMs.has(file.path)) this.#notice();
    return used;
  }

  onSkipped(file: Follow, bytes: number): void {
    const { subject, results } = this.#of(file).gateway;
    results[LONG_LINE]++;
    this.#context.metrics.skipped.inc(subject, bytes);
  }

  onLoss(file: Follow, reason: LossReason, bytes: number): void {
    const { subject } = this.#of(file).gateway;
    this.#context.metrics.losses.inc({ ...subject, reason });
    this.#context.metrics.lost.inc(subject, bytes);
  }

  flush(untilMs?: number): boolean {
    this.#tailer?.catchUp();
    const nowMs = this.#context.clock.now();
    this.#notice();
    this.#series.publish(this.#context.metrics, this.#tailer?.status() ?? [], (path) => this.#plan.subjectOf(path));
    const span = { sinceMs: this.#flushedMs, nowMs, startedMs: this.#startedMs, hasBacklog: this.#hasBacklog };
    let isAll = true;
    for (const gateway of this.#gateways.values()) isAll = gateway.flush(span, untilMs) && isAll;
    if (!isAll) return false;
    this.#flushedMs = nowMs;
    this.#hasBacklog = !this.caughtUp();
    return true;
  }

  /** Says whose answers are counted from here: of logs that are there, or were a moment ago, and whose format is known. */
  #notice(): void {
    const nowMs = this.#context.clock.now();
    for (const { path, state } of this.#tailer?.status() ?? []) {
      const reader = this.#formats.readerOf(path, this.#plan.formatOf(path));
      if (reader === null || (state !== 'following' && state !== 'catching_up')) continue;
      this.#seenMs.set(path, nowMs);
      this.#gatewayOf(path).follows(path, reader.fields);
    }
    for (const [path, seenMs] of this.#seenMs) {
      if (Math.abs(nowMs - seenMs) <= AWAY_MS) continue;
      this.#seenMs.delete(path);
      this.#gatewayOf(path).leaves(path);
    }
  }

  #of(file: Follow): Log {
    if (!this.#logs.has(file.key)) this.onOpen(file);
    return this.#logs.get(file.key)!;
  }

  #gatewayOf(path: string): EnvoyAccessGateway {
    const subject = this.#plan.subjectOf(path);
    const key = Object.values(subject).join('\xff');
    let gateway = this.#gateways.get(key);
    if (gateway === undefined) {
      gateway = new EnvoyAccessGateway(subject, this.#context, {
        ...{ limit: this.#config.upstream_limit, buckets: this.#buckets, intervalMs: this.#config.interval },
      });
      this.#gateways.set(key, gateway);
    }
    return gateway;
  }
}
