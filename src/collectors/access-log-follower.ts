import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import type { AccessFormat } from '../parse/access-log/access-format.ts';
import { AccessLogReader } from '../parse/access-log/access-log-reader.ts';
import { ACCESS_RESULT } from '../parse/access-log/access-results.ts';
import { TimeBuckets } from '../parse/access-log/time-buckets.ts';
import { NEWLINE } from '../parse/bytes.ts';
import { Interner } from '../parse/interner.ts';
import { BusyTime } from '../sources/efficiency-mode.ts';
import type { RangeAhead, RangeAnswer, RangeWish } from '../sources/file-range.ts';
import { type BlockSink, type Follow, type FollowStatus, type LossReason, Tailer } from '../sources/line-source.ts';
import { type AccessLogFile, accessLogFile, hotLog } from './access-log-file.ts';
import { AccessGateway } from './access-log-gateway.ts';
import { type AccessPlan, differs, findAccessLogs, NO_ACCESS_LOGS } from './access-log-plan.ts';
import { AccessThreads } from './access-log-threads.ts';
import { FormatTrial } from './access-log-trial.ts';
import { FlushTurns, flushInSlices } from './flush-turns.ts';
import { FollowedSeries, outcomeOf, targetOf } from './followed-logs.ts';
import type { NginxAccessLogConfig, NginxAccessLogMetrics } from './nginx-access-log.ts';
import { searchLogMasters } from './nginx-masters.ts';

/** A walk over all processes costs some 20 ms on a busy node. */
const LOOK_AGAIN_MS = 30_000;

/** Follows access logs and counts their requests; what failed becomes observations. */
export class AccessLogFollower implements Collector, BlockSink {
  readonly #config: NginxAccessLogConfig;
  readonly #context: CollectorContext<NginxAccessLogMetrics>;
  readonly #series = new FollowedSeries();
  readonly #catchingUp = new BusyTime('access logs to catch up with');
  readonly #shared: { readonly peers: Interner; readonly buckets: TimeBuckets };
  readonly #trial = new FormatTrial();
  readonly #readers = new Map<AccessFormat, AccessLogReader>();
  readonly #gateways = new Map<string, AccessGateway>();
  readonly #logs = new Map<string, AccessLogFile>();
  readonly #threads: AccessThreads;
  readonly #turns = new FlushTurns();
  #plan: AccessPlan = NO_ACCESS_LOGS;
  #tailer: Tailer | undefined;
  #isStarted = false;
  #lookedMs: number;
  #flushedMs: number;
  /** What was written before we came, or while we were away, may have been among what was read since the last flush. */
  #hasBacklog = true;

  constructor(config: NginxAccessLogConfig, context: CollectorContext<NginxAccessLogMetrics>) {
    this.#config = config;
    this.#context = context;
    this.#shared = { peers: new Interner(config.peer_limit), buckets: new TimeBuckets(context.traffic.buckets) };
    this.#threads = new AccessThreads(
      { threads: config.threads, bytesPerSecond: config.thread_above, idleMs: config.thread_idle },
      { peerLimit: config.peer_limit, buckets: context.traffic.buckets },
      context.clock,
    );
    this.#lookedMs = this.#flushedMs = context.clock.now();
  }

  async start(): Promise<void> {
    this.#plan = await this.#find(NO_ACCESS_LOGS);
    if (this.#plan.globs.length > 0) await this.#follow();
    this.#isStarted = true;
  }

  async stop(): Promise<void> {
    // What a thread could not read is the tailer's again.
    this.#threads.collect();
    await this.#tailer?.stop();
    await flushInSlices((untilMs) => this.flush(untilMs));
    await this.#threads.end();
    this.#leave();
  }

  caughtUp(): boolean {
    return this.#isStarted && (this.#tailer?.caughtUp() ?? true);
  }

  async poll(): Promise<Outcome> {
    await this.#lookAgain();
    await this.#threads.rest();
    const [refused] = this.#plan.refused;
    const why = refused === undefined ? '' : `${refused.path}: ${refused.why}`;
    const nothing = why || this.#plan.notes.join('; ') || 'no file matches collectors.nginx_access_log.files';
    const { state, detail } = outcomeOf(this.#tailer?.status() ?? [], nothing);
    return { state, detail: state === 'ok' && why ? `${detail}; ${why}` : detail };
  }

  targets(): readonly Target[] {
    const refused = this.#plan.refused.map(({ path, why }): Target => ({ name: path, state: 'failed', detail: why }));
    return [...(this.#tailer?.status() ?? []).map((status) => this.#targetOf(status)), ...refused];
  }

  notes(): readonly string[] {
    const { problem } = this.#threads;
    return problem === undefined ? this.#plan.notes : [...this.#plan.notes, problem];
  }

  onOpen(file: Follow, behindBytes: number): void {
    const log = accessLogFile(file.path, this.#gatewayOf(file.path));
    this.#logs.set(file.key, log);
    const format = this.#plan.formatOf(file.path);
    if (format !== null) this.#read(log, file, format);
    this.#threads.expect(file.key, log.source, behindBytes);
  }

  onClose(file: Follow): void {
    this.#logs.get(file.key)?.gateway.leaves(file.key);
    this.#logs.delete(file.key);
    this.#threads.forget(file.key);
  }

  onBlock(file: Follow, buffer: Buffer, start: number, end: number, final: boolean): number {
    const log = this.#of(file);
    if (log.reader === undefined) {
      const format = this.#trial.formatOf(buffer, start, end, log.source, log.tried++);
      if (format !== null) this.#read(log, file, format);
    }
    if (log.reader !== undefined) {
      // The last lines of a file are never a thread's.
      const taken = final ? 0 : this.#threads.take(hotLog(file, log, log.reader), buffer, start, end);
      return taken > 0 ? taken : log.reader.read(buffer, start, end, final, log.gateway.counts, log.source);
    }
    const used = final ? end - start : Math.max(0, buffer.lastIndexOf(NEWLINE, end - 1) + 1 - start);
    for (let at = buffer.indexOf(NEWLINE, start); at >= 0 && at < start + used; at = buffer.indexOf(NEWLINE, at + 1))
      log.gateway.unknown++;
    return used;
  }

  wantsRange(file: Follow): RangeWish {
    const log = this.#of(file);
    return log.reader === undefined ? 'refused' : this.#threads.wantsRange(file.key, log.source);
  }

  onRange(file: Follow, range: RangeAhead): RangeAnswer {
    const log = this.#of(file);
    return log.reader === undefined ? 'refused' : this.#threads.takeRange(hotLog(file, log, log.reader), range);
  }

  onSkipped(file: Follow, bytes: number): void {
    const { gateway } = this.#of(file);
    gateway.counts.results[ACCESS_RESULT.too_long]++;
    this.#context.metrics.skipped.inc(gateway.subject, bytes);
  }

  onLoss(file: Follow, reason: LossReason, bytes: number): void {
    const { subject } = this.#of(file).gateway;
    this.#context.metrics.losses.inc({ ...subject, reason });
    this.#context.metrics.lost.inc(subject, bytes);
  }

  flush(untilMs?: number): boolean {
    this.#tailer?.catchUp();
    this.#threads.collect();
    this.#context.metrics.threads.set({}, this.#threads.size);
    const refused = this.#plan.refused.map(({ path }) => ({ path, state: 'refused_format' }));
    const followed = this.#tailer?.status() ?? [];
    this.#series.publish(this.#context.metrics, [...followed, ...refused], this.#plan.subjectOf);
    const span = { sinceMs: this.#flushedMs, atMs: this.#context.clock.now(), isLate: this.#hasBacklog };
    if (!this.#turns.take(this.#gateways.values(), (one) => one.flush(span, untilMs), untilMs)) return false;
    this.#flushedMs = span.atMs;
    this.#hasBacklog = !this.caughtUp();
    return true;
  }

  async #follow(): Promise<void> {
    this.#tailer = new Tailer({
      ...{ name: 'tail_access', globs: this.#plan.globs, startAt: this.#config.start_at, sink: this },
      ...{ clock: this.#context.clock, checkpoint: this.#context.checkpoint },
      limits: { files: this.#config.file_limit },
      wakeUps: this.#context.wakeUps,
      onBacklog: () => this.#catchingUp.note(),
    });
    await this.#tailer.start();
  }

  #leave(): void {
    for (const [key, { gateway }] of this.#logs) gateway.leaves(key);
    this.#logs.clear();
  }

  /** An nginx started later, or reloaded with another log or format, is found by a later look. */
  async #lookAgain(): Promise<void> {
    const now = this.#context.clock.now();
    if (this.#config.files.length > 0 || now - this.#lookedMs < LOOK_AGAIN_MS) return;
    this.#lookedMs = now;
    const found = await this.#find(this.#plan);
    const isOther = differs(found, this.#plan);
    this.#plan = found;
    if (!isOther) return;
    this.#threads.collect();
    await this.#tailer?.stop();
    this.#leave();
    await this.#follow();
  }

  async #find({ logs }: AccessPlan): Promise<AccessPlan> {
    const needsMasters = this.#config.files.length === 0 && this.#config.discover;
    const onAwaited = () => {
      this.#lookedMs = Number.NEGATIVE_INFINITY;
    };
    const search = needsMasters ? await searchLogMasters(this.#context, onAwaited) : {};
    return findAccessLogs(this.#config, this.#context.paths, logs, search);
  }

  /** From now on its lines are read by this format. */
  #read(log: AccessLogFile, file: Follow, format: AccessFormat): void {
    let reader = this.#readers.get(format);
    if (reader === undefined) {
      reader = new AccessLogReader(format);
      this.#readers.set(format, reader);
    }
    log.reader = reader;
    log.gateway.follows(file.key, format.fields.has('request_length'));
  }

  #targetOf(status: FollowStatus): Target {
    const target = targetOf(status);
    const log = [...this.#logs.values()].find(({ path }) => path === status.path);
    const isUnknown = log !== undefined && log.reader === undefined && log.tried > 0;
    return isUnknown ? { ...target, detail: 'no built-in format fits its lines: configure one' } : target;
  }

  #of(file: Follow): AccessLogFile {
    if (!this.#logs.has(file.key)) this.onOpen(file, 0);
    return this.#logs.get(file.key)!;
  }

  #gatewayOf(path: string): AccessGateway {
    const subject = this.#plan.subjectOf(path);
    const key = Object.values(subject).join('\xff');
    let gateway = this.#gateways.get(key);
    if (gateway === undefined) {
      gateway = new AccessGateway(subject, this.#context, this.#shared);
      this.#gateways.set(key, gateway);
    }
    return gateway;
  }
}
