import { CauseEngine } from './causes/engine.ts';
import { TICK_MS } from './causes/engine-options.ts';
import { CAUSE_RULES } from './causes/rules/index.ts';
import type { Verdict } from './causes/verdict.ts';
import type { Observation, ObservationSink } from './contract/failure.ts';
import type { Cause } from './contract/names.ts';
import type { CheckpointRegistry, Clock } from './contract/unit.ts';
import type { KnownFacts } from './facts/known-facts.ts';
import { FAILURE_METRICS, FailureAccounts } from './metrics/failures.ts';
import type { MetricRegistry } from './metrics/registry.ts';

export interface JudgingOptions {
  readonly registry: MetricRegistry;
  readonly facts: KnownFacts;
  readonly clock: Clock;
  /** Told of every verdict once it is counted. */
  readonly onVerdict: (verdict: Verdict) => void;
  /** Verdicts wait for what collectors read. */
  readonly onWait: () => void;
  /** The rule of a cause threw for the first time. */
  readonly onRuleError: (cause: Cause, error: unknown) => void;
}

/** Wires what collectors observe to the engine, and its verdicts to what counts and remembers them. */
export class Judging {
  readonly engine: CauseEngine;
  private readonly options: JudgingOptions;
  private readonly accounts: FailureAccounts;
  private readonly failed = new Set<Cause>();
  private timer: NodeJS.Timeout | undefined;
  private goOn: NodeJS.Immediate | undefined;

  constructor(options: JudgingOptions) {
    const { registry, facts, clock, onVerdict, onWait } = options;
    this.options = options;
    this.accounts = new FailureAccounts(registry.writers(FAILURE_METRICS));
    this.engine = new CauseEngine({
      ...{ rules: CAUSE_RULES, facts, clock, onWait },
      onVerdict: (verdict) => {
        const { observation, cause, upstream, count, evidence } = verdict;
        this.accounts.count(verdict);
        facts.failed(observation, cause, upstream, count, evidence);
        onVerdict(verdict);
      },
      onHurried: () => this.accounts.hurried(),
      onRuleError: (cause, error) => this.ruleFailed(cause, error),
    });
  }

  /** @param heard is told of each observation before it is judged */
  sink(heard: (observation: Observation) => void): ObservationSink {
    return {
      present: (proxy, subject) => {
        this.accounts.present(proxy, subject);
        this.options.facts.present(subject);
      },
      observe: (observation) => {
        this.options.facts.heard(observation);
        heard(observation);
        this.accounts.observe(observation);
        this.engine.observe(observation);
        if (this.engine.pending > 0) this.wake();
      },
    };
  }

  /** After `metrics`: what that flushes may have to wait, and is saved with it. */
  register(checkpoint: CheckpointRegistry): void {
    checkpoint.register('pending_failures', this.engine);
  }

  /** What waited when the process before this one ended goes on. */
  start(): void {
    if (this.engine.pending > 0) this.wake();
  }

  /** Decides what waits: no fact comes any more. */
  stop(): void {
    this.rest();
    this.engine.settle();
  }

  /** Before every scrape, after what was counted has been taken over. */
  publish(): void {
    this.tick();
    this.accounts.publish(this.engine.pending);
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
      if (this.engine.tick(clock.now())) this.goOn ??= setImmediate(() => this.goOnTicking());
    });
    if (this.engine.pending === 0) this.rest();
    else this.wake();
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
