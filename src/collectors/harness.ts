import type { EvidenceSource } from '../contract/evidence.ts';
import { gauge, type MetricTable, type Writers } from '../contract/metrics.ts';
import { COLLECTOR_STATES, type CollectorState } from '../contract/names.ts';
import type { Clock, Collector, Logger } from '../contract/unit.ts';
import { allowOptimizers } from '../sources/optimizers.ts';

export const HARNESS_METRICS = {
  state: gauge(
    'badgateway_collector_state',
    'Outcome of the last poll: 1 for the state that holds, 0 for the others.',
    ['collector', 'state'],
  ),
  duration: gauge('badgateway_collector_duration_seconds', 'How long the last poll took.', ['collector']),
  lastSuccess: gauge(
    'badgateway_collector_last_success_timestamp_seconds',
    'When a poll last ended ok or absent; absent before the first.',
    ['collector'],
  ),
} as const satisfies MetricTable;

/** The longest wait after failures in a row. */
const LONGEST_BACKOFF_MS = 300_000;
/** A poll that takes longer is aborted and counts as failed. */
const POLL_TIMEOUT_MS = 30_000;
/** A poll that takes longer has enough to do for V8's optimizing compilers. Not the first one: its code is not compiled at all yet. */
const BUSY_MS = 20;
/** Between the beginnings of two polls, however many verdicts wait. */
const HURRY_MS = 2_000;

const NOT_POLLED = 'not polled yet';

export interface CollectorStatus {
  readonly name: string;
  readonly state: CollectorState;
  readonly detail: string;
  readonly lastSuccessMs: number | null;
  readonly durationMs: number;
}

export interface HarnessOptions {
  readonly name: string;
  readonly collector: Collector;
  readonly intervalMs: number;
  readonly writers: Writers<typeof HARNESS_METRICS>;
  /** Drops the unit's gauges: after absent or failed a number would be stale. */
  readonly resetGauges: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Runs one collector apart from all others: times it, reports its state, logs a change once, retries with back-off. */
export class Harness {
  private readonly options: HarnessOptions;
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** By the clock: when the last poll began, and when the next one does; undefined while one runs and before the first. */
  private beganMs: number | undefined;
  private dueMs: number | undefined;
  /** When the last poll began that puts off a hurried one. */
  private countedMs = 0;
  private isHurried = false;
  private failures = 0;
  private found = '';
  private current: CollectorStatus;

  constructor(options: HarnessOptions) {
    this.options = options;
    this.current = {
      name: options.name,
      state: 'absent',
      detail: NOT_POLLED,
      lastSuccessMs: null,
      durationMs: 0,
    };
  }

  get collector(): Collector {
    return this.options.collector;
  }

  get intervalMs(): number {
    return this.options.intervalMs;
  }

  get status(): CollectorStatus {
    return this.current;
  }

  /** Before the first poll: what is followed from now on is. */
  async begin(): Promise<void> {
    try {
      await this.collector.start?.();
    } catch (error) {
      this.report('failed', messageOf(error), 0);
    }
  }

  /** Polls for the first time and then again and again. */
  async run(): Promise<void> {
    this.countedMs = this.options.clock.now();
    await this.pollOnce();
    this.logFound();
    this.schedule();
  }

  /**
   * Verdicts wait for these. If the collector reads one of them the next poll comes at once, or two seconds after the last one began; then it goes on as
   * before. Not when it fails, nor before the first poll.
   */
  hurry(awaited: ReadonlySet<EvidenceSource>): void {
    const { answersDoubts = null } = this.collector;
    if (answersDoubts === null || !awaited.has(answersDoubts)) return;
    if (this.failures > 0 || this.beganMs === undefined) return;
    this.isHurried = true;
    // While one polls, which may have read already, the next is scheduled at its end.
    if (this.dueMs === undefined || this.hurriedDelay() >= this.dueMs - this.options.clock.now()) return;
    clearTimeout(this.timer);
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
    await this.collector.stop?.();
  }

  /** One poll; never throws. */
  async pollOnce(): Promise<void> {
    this.beganMs = this.options.clock.now();
    this.isHurried = false;
    const startedMs = performance.now();
    const elapsed = () => performance.now() - startedMs;
    const polling = new AbortController();
    const abort = () => polling.abort(this.stopping.signal.reason);
    // Not AbortSignal.timeout: it wakes the process half a minute after each poll.
    const timer = setTimeout(
      () => polling.abort(new DOMException('the poll took too long', 'TimeoutError')),
      POLL_TIMEOUT_MS,
    );
    if (this.stopping.signal.aborted) abort();
    this.stopping.signal.addEventListener('abort', abort);
    try {
      const outcome = await this.collector.poll(polling.signal);
      if (this.stopping.signal.aborted) return;
      this.failures = 0;
      this.report(outcome.state, outcome.detail, elapsed());
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.failures++;
      this.report('failed', messageOf(error), elapsed());
    } finally {
      clearTimeout(timer);
      this.stopping.signal.removeEventListener('abort', abort);
    }
  }

  private schedule(): void {
    if (this.stopping.signal.aborted) return;
    const { intervalMs, clock } = this.options;
    const usual = Math.min(intervalMs * 2 ** Math.min(this.failures, 10), Math.max(LONGEST_BACKOFF_MS, intervalMs));
    const isEarly = this.collector.isEarly === true;
    const soon = this.isHurried ? this.hurriedDelay() : isEarly ? HURRY_MS : usual;
    const delay = this.failures === 0 ? Math.min(usual, soon) : usual;
    this.dueMs = clock.now() + delay;
    this.timer = setTimeout(() => {
      this.dueMs = undefined;
      // Verdicts do not wait for what nobody asked for.
      if (!isEarly || this.isHurried) this.countedMs = clock.now();
      this.running = this.pollOnce().then(() => {
        this.logFound();
        this.schedule();
      });
    }, delay);
  }

  /** Also when the clock was set back. */
  private hurriedDelay(): number {
    return Math.min(HURRY_MS, Math.max(0, this.countedMs + HURRY_MS - this.options.clock.now()));
  }

  private report(state: CollectorState, detail: string, durationMs: number): void {
    const { name, writers, clock, resetGauges } = this.options;
    const success = state === 'ok' || state === 'absent';
    const lastSuccessMs = success ? clock.now() : this.current.lastSuccessMs;
    if (state !== 'ok') resetGauges();
    if (this.current.detail !== NOT_POLLED && durationMs > BUSY_MS) allowOptimizers();
    for (const one of COLLECTOR_STATES) writers.state.set({ collector: name, state: one }, one === state ? 1 : 0);
    writers.duration.set({ collector: name }, durationMs / 1000);
    if (lastSuccessMs !== null) writers.lastSuccess.set({ collector: name }, lastSuccessMs / 1000);
    if (state !== this.current.state || this.current.detail === NOT_POLLED) this.logChange(state, detail);
    this.current = { name, state, detail, lastSuccessMs, durationMs };
  }

  private logChange(state: CollectorState, detail: string): void {
    const fields = { collector: this.options.name, state, detail };
    if (state === 'failed') this.options.log.error(fields, 'collector failed');
    else this.options.log.info(fields, 'collector state');
  }

  /** What discovery found and what not and why: once, and again when it has changed. */
  private logFound(): void {
    const notes = this.collector.notes?.() ?? [];
    const found = notes.join('; ');
    if (found === this.found || this.stopping.signal.aborted) return;
    this.found = found;
    this.options.log.info({ collector: this.options.name, found: notes }, 'discovery');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
