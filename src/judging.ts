import { CountedOnce } from './causes/counted-once.ts';
import { EarlyLines } from './causes/early-lines.ts';
import { CauseEngine } from './causes/engine.ts';
import { TICK_MS } from './causes/engine-options.ts';
import { CAUSE_RULES } from './causes/rules/index.ts';
import type { Verdict } from './causes/verdict.ts';
import type { EvidenceSource } from './contract/evidence.ts';
import type { Observation, ObservationSink } from './contract/failure.ts';
import type { Subject } from './contract/metrics.ts';
import type { Cause, ProxyKind } from './contract/names.ts';
import type { CheckpointRegistry, Clock } from './contract/unit.ts';
import type { KnownFacts } from './facts/known-facts.ts';
import { FAILURE_METRICS, FailureAccounts } from './metrics/failures.ts';
import type { MetricRegistry } from './metrics/registry.ts';
import { VerdictRate } from './verdict-rate.ts';

export interface JudgingOptions {
  readonly registry: MetricRegistry;
  readonly facts: KnownFacts;
  readonly clock: Clock;
  /** Whether the access log of this gateway is followed. */
  readonly isLogFollowed: (proxy: ProxyKind, subject: Subject) => boolean;
  /** Told of each observation before it is judged. */
  readonly heard: (observation: Observation) => void;
  /** Told of every verdict once it is counted. */
  readonly onVerdict: (verdict: Verdict) => void;
  /** Verdicts wait for what collectors read; nothing is told twice unless it was asked for again. */
  readonly onWait: (awaited: ReadonlySet<EvidenceSource>) => void;
  /** The rule of a cause threw for the first time. */
  readonly onRuleError: (cause: Cause, error: unknown) => void;
}

/** Wires what collectors observe to the engine, and its verdicts to what counts and remembers them. */
export class Judging {
  readonly engine: CauseEngine;
  private readonly options: JudgingOptions;
  private readonly accounts: FailureAccounts;
  private readonly once: CountedOnce;
  private readonly early: EarlyLines;
  private readonly failed = new Set<Cause>();
  private readonly rate = new VerdictRate();
  private timer: NodeJS.Timeout | undefined;
  private goOn: NodeJS.Immediate | undefined;

  constructor(options: JudgingOptions) {
    const { registry, facts, clock, isLogFollowed, onVerdict, onWait } = options;
    this.options = options;
    this.accounts = new FailureAccounts(registry.writers(FAILURE_METRICS));
    this.once = new CountedOnce({
      ...{ clock, isLogFollowed, pass: (observation) => this.judge(observation) },
      refusalStatuses: (subject) => facts.limits.refusalStatuses(subject),
      mayLogSubrequests: (subject) => facts.limits.mayLogSubrequests(subject),
      onWait: (observation) => this.engine.lookAhead(observation),
      onHurried: (count) => this.accounts.hurried(count),
    });
    this.early = new EarlyLines(clock, (observation) => this.once.observe(facts.atClusterOfHost(observation)));
    this.engine = new CauseEngine({
      ...{ rules: CAUSE_RULES, facts, clock },
      onVerdict: (verdict) => {
        const { observation, cause, upstream, count, evidence } = verdict;
        this.accounts.count(verdict);
        facts.failed(observation, cause, upstream, count, evidence);
        this.rate.said(verdict.decidedMs);
        onVerdict(verdict);
      },
      onWait: () => onWait(facts.takeAwaited()),
      onHurried: () => this.accounts.hurried(),
      onRuleError: (cause, error) => this.ruleFailed(cause, error),
    });
  }

  sink(): ObservationSink {
    return {
      present: (proxy, subject, source, sinceMs) => {
        this.once.present(proxy, subject, source, sinceMs);
        this.accounts.present(proxy, subject);
        this.options.facts.present(subject);
      },
      observe: (observation) => {
        this.early.observe(observation);
        if (this.isBusy) this.wake();
      },
      named: (proxy, subject, peer) => this.once.named(proxy, subject, peer),
      read: (proxy, subject, source, atMs) => {
        this.once.read(proxy, subject, source, atMs);
        this.early.read(proxy, subject, source);
      },
      lags: (proxy, subject, step, mostMs) => this.once.lags(proxy, subject, step, mostMs),
    };
  }

  /** Failures that wait for their verdict. */
  get pending(): number {
    return this.engine.pending + this.once.waiting + this.early.waiting;
  }

  private get isBusy(): boolean {
    return this.engine.pending > 0 || this.once.isWaiting || this.early.isWaiting;
  }

  private judge(observation: Observation): void {
    this.options.facts.heard(observation);
    this.options.heard(observation);
    this.accounts.observe(observation);
    this.engine.observe(observation);
  }

  /** After `metrics`: what that flushes may have to wait, and is saved with it. */
  register(checkpoint: CheckpointRegistry): void {
    checkpoint.register('pending_failures', this.engine);
    checkpoint.register('counted_once', this.once);
    checkpoint.register('early_lines', this.early);
  }

  /** What waited when the process before this one ended goes on. */
  start(): void {
    if (this.isBusy) this.wake();
  }

  /** Decides what waits for facts: none comes any more. What waits for another source's word is saved: the next process reads it, or has read it. */
  stop(): void {
    this.rest();
    this.engine.settle();
  }

  /** Before every scrape, after what was counted has been taken over. */
  publish(): void {
    this.tick();
    this.accounts.publish(this.pending);
  }

  /** Nothing wakes the process while no verdict waits. */
  private wake(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private rest(): void {
    clearInterval(this.timer);
    clearImmediate(this.goOn);
    this.timer = undefined;
    this.goOn = undefined;
  }

  /** A crash loses no verdict: what waits is in the checkpoint and is judged again. */
  private tick(): void {
    const { registry, clock } = this.options;
    registry.countReplayable(() => {
      this.early.tick();
      this.once.tick(clock.now());
      if (this.engine.tick(clock.now())) this.goOn ??= setImmediate(() => this.goOnTicking());
    });
    if (this.isBusy) this.wake();
    else this.rest();
  }

  private goOnTicking(): void {
    this.goOn = undefined;
    this.tick();
  }

  private ruleFailed(cause: Cause, error: unknown): void {
    this.accounts.ruleFailed(cause);
    if (this.failed.has(cause)) return;
    this.failed.add(cause);
    this.options.onRuleError(cause, error);
  }
}
