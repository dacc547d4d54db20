import type { Observation } from '../contract/failure.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import { SYMPTOMS } from '../contract/names.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { ErrorLogReader } from '../parse/error-log-reader.ts';
import { Interner } from '../parse/interner.ts';
import { LINE_RESULTS, LogCounts, PEERLESS, RESULT } from '../parse/log-counts.ts';
import { LogSamples } from '../parse/log-samples.ts';
import { parsePeer } from '../parse/peer.ts';
import { UNCLEAN } from '../parse/unclean.ts';
import { type BlockSink, type Follow, type LossReason, Tailer } from '../sources/line-source.ts';
import { findLogs, type LogPlan, NO_LOGS } from './error-log-plan.ts';
import { FlushTurns, flushInSlices } from './flush-turns.ts';
import { FollowedSeries, moveCounts, outcomeOf, targetOf } from './followed-logs.ts';
import { Handover } from './handover.ts';
import type { NginxErrorLogConfig, NginxErrorLogMetrics } from './nginx-error-log.ts';
import { searchLogMasters } from './nginx-masters.ts';

/** A walk over all processes costs some 20 ms on a busy node. */
const LOOK_AGAIN_MS = 30_000;

/** What is counted for one gateway; several files of one pod or gateway share it. */
interface Gateway {
  readonly subject: Subject;
  readonly counts: LogCounts;
  readonly samples: LogSamples;
  readonly handover: Handover;
}

/** When it was counted. */
interface FlushSpan {
  readonly sinceMs: number;
  readonly atMs: number;
  readonly isLate: boolean;
}

/** Follows error logs and turns their lines into observations, one per (gateway, symptom, peer) and flush. */
export class ErrorLogFollower implements Collector, BlockSink {
  private readonly config: NginxErrorLogConfig;
  private readonly context: CollectorContext<NginxErrorLogMetrics>;
  private readonly reader = new ErrorLogReader();
  private readonly peers: Interner;
  private readonly gateways = new Map<string, Gateway>();
  private readonly files = new Map<string, Gateway>();
  private readonly turns = new FlushTurns();
  private readonly series = new FollowedSeries();
  private plan: LogPlan = NO_LOGS;
  private tailer: Tailer | undefined;
  private started = false;
  private lookedMs: number;
  private flushedMs: number;
  /** What was written before we came, or while we were away, may have been among what was read since the last flush. */
  private hasBacklog = true;

  constructor(config: NginxErrorLogConfig, context: CollectorContext<NginxErrorLogMetrics>) {
    this.config = config;
    this.context = context;
    this.peers = new Interner(config.peer_limit);
    this.lookedMs = context.clock.now();
    this.flushedMs = this.lookedMs;
  }

  async start(): Promise<void> {
    this.plan = await this.find();
    if (this.plan.globs.length > 0) await this.follow();
    this.started = true;
  }

  private async follow(): Promise<void> {
    this.tailer = new Tailer({
      globs: this.plan.globs,
      startAt: this.config.start_at,
      sink: this,
      clock: this.context.clock,
      checkpoint: this.context.checkpoint,
      limits: { files: this.config.file_limit },
      wakeUps: this.context.wakeUps,
    });
    await this.tailer.start();
  }

  async stop(): Promise<void> {
    await this.tailer?.stop();
    await flushInSlices((untilMs) => this.flush(untilMs));
  }

  caughtUp(): boolean {
    return this.started && (this.tailer?.caughtUp() ?? true);
  }

  async poll(): Promise<Outcome> {
    await this.lookAgain();
    const nothing = this.plan.notes.join('; ') || 'no file matches collectors.nginx_error_log.files';
    return outcomeOf(this.tailer?.status() ?? [], nothing);
  }

  targets(): readonly Target[] {
    return (this.tailer?.status() ?? []).map(targetOf);
  }

  notes(): readonly string[] {
    return this.plan.notes;
  }

  onOpen(file: Follow): void {
    this.files.set(file.key, this.gatewayOf(file.path));
  }

  onClose(file: Follow): void {
    this.files.delete(file.key);
  }

  onBlock(file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    const { counts, samples } = this.of(file);
    const before = counts.results[RESULT.failure];
    const used = this.reader.read(buffer, start, end, final, counts);
    if (counts.results[RESULT.failure] > before) samples.look(buffer, start, start + used);
    return used;
  }

  onSkipped(file: Follow, bytes: number): void {
    const { subject, counts } = this.of(file);
    counts.results[RESULT.too_long]++;
    this.context.metrics.skipped.inc(subject, bytes);
  }

  onLoss(file: Follow, reason: LossReason, bytes: number): void {
    const { subject } = this.of(file);
    this.context.metrics.losses.inc({ ...subject, reason });
    this.context.metrics.lost.inc(subject, bytes);
  }

  flush(untilMs?: number): boolean {
    this.tailer?.catchUp();
    const subjectOf = (path: string) => this.of({ path, key: path }).subject;
    this.series.publish(this.context.metrics, this.tailer?.status() ?? [], subjectOf);
    const atMs = this.context.clock.now();
    const span = { sinceMs: this.flushedMs, atMs, isLate: this.hasBacklog };
    const flush = (gateway: Gateway) => {
      const isAll = gateway.handover.handOver(() => observationsOf(gateway, this.peers.names, span), untilMs);
      if (isAll) this.publish(gateway);
      return isAll;
    };
    if (!this.turns.take(this.gateways.values(), flush, untilMs)) return false;
    this.flushedMs = atMs;
    this.hasBacklog = !this.caughtUp();
    return true;
  }

  private publish({ subject, counts }: Gateway): void {
    const { lines, peerless, unclean } = this.context.metrics;
    moveCounts(counts.results, LINE_RESULTS, (result, count) => lines.inc({ ...subject, result }, count));
    moveCounts(counts.peerless, PEERLESS, (reason, count) => peerless.inc({ ...subject, reason }, count));
    moveCounts(counts.unclean, UNCLEAN, (kind, count) => unclean.inc({ ...subject, kind }, count));
  }

  /** An nginx started later, or reloaded with another log, is found by a later look. */
  private async lookAgain(): Promise<void> {
    const now = this.context.clock.now();
    if (this.config.files.length > 0 || now - this.lookedMs < LOOK_AGAIN_MS) return;
    this.lookedMs = now;
    const known = this.plan.files;
    this.plan = await this.find(known);
    if (this.plan.files.length === known.length) return;
    await this.tailer?.stop();
    await this.follow();
  }

  private async find(before: LogPlan['files'] = []): Promise<LogPlan> {
    const needsMasters = this.config.files.length === 0 && this.config.discover;
    const onAwaited = () => {
      this.lookedMs = Number.NEGATIVE_INFINITY;
    };
    const search = needsMasters ? await searchLogMasters(this.context, onAwaited) : {};
    return findLogs(this.config, this.context.paths, before, search);
  }

  private of(file: Follow): Gateway {
    return this.files.get(file.key) ?? this.gatewayOf(file.path);
  }

  private gatewayOf(path: string): Gateway {
    const subject = this.plan.subjectOf(path);
    const key = Object.values(subject).join('\xff');
    const known = this.gateways.get(key);
    if (known !== undefined) return known;
    const gateway = {
      subject,
      counts: new LogCounts(this.peers),
      samples: new LogSamples(),
      handover: new Handover(this.context.sink),
    };
    this.gateways.set(key, gateway);
    this.context.sink.present('nginx', subject);
    for (const result of LINE_RESULTS) this.context.metrics.lines.inc({ ...subject, result }, 0);
    return gateway;
  }
}

/** One for each (symptom, peer); the counts and the samples start anew. */
function observationsOf(
  { subject, counts, samples }: Gateway,
  peers: readonly string[],
  { sinceMs, atMs, isLate }: FlushSpan,
): readonly Observation[] {
  const all: Observation[] = [];
  counts.drain((index, peerIndex, count, { failure, answered: isAnswered, afterHeader, subrequest, detail }) => {
    const symptom = SYMPTOMS[index];
    const peer = peerIndex === 0 ? null : parsePeer(peers[peerIndex]);
    const sample = failure ? samples.of(symptom, peer) : undefined;
    all.push({
      ...{ proxy: 'nginx', subject, symptom, failure, peer, upstream: UNKNOWN_UPSTREAM, count, sinceMs, atMs },
      ...(isAnswered ? { isAnswered } : {}),
      ...(afterHeader ? { isOnlyHere: true } : {}),
      ...(subrequest ? { isSubrequest: true } : {}),
      ...(detail === undefined ? {} : { detail }),
      ...(isLate ? { isLate } : {}),
      ...(sample === undefined ? {} : { sample }),
    });
  });
  samples.clear();
  return all;
}
