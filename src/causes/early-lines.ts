import type { FailureSource, Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock, Persistent } from '../contract/unit.ts';
import { gatewayOf } from './counted-once-keys.ts';
import { restoredFailures, savedFailure } from './engine-saved.ts';

/** Envoy's statistics are read every 10 s, the first time at the start. */
const WAIT_MS = 10_000;
const MOST_GATEWAYS = 10_000;
const MOST_LINES = 10_000;

/**
 * Behind a restart the lines of Envoy's access logs are read before its clusters are. Those that name a host and no cluster wait for these, where
 * the run before has read them: else nobody would know whose host it is.
 */
export class EarlyLines implements Persistent {
  readonly #clock: Clock;
  readonly #pass: (observation: Observation) => void;
  /** Gateways whose clusters have been read in this run or, until the moment, in the one before. */
  readonly #gateways = new Map<string, number | 'read'>();
  #lines: Observation[] = [];

  constructor(clock: Clock, pass: (observation: Observation) => void) {
    this.#clock = clock;
    this.#pass = pass;
  }

  /** Failures that wait. */
  get waiting(): number {
    return this.#lines.reduce((sum, { count }) => sum + count, 0);
  }

  get isWaiting(): boolean {
    return this.#lines.length > 0;
  }

  observe(observation: Observation): void {
    if (this.#isEarly(observation)) this.#lines.push(observation);
    else this.#pass(observation);
  }

  read(proxy: ProxyKind, subject: Subject, source: FailureSource): void {
    if (proxy !== 'envoy' || source !== 'stats') return;
    const gateway = gatewayOf(proxy, subject);
    if (this.#gateways.get(gateway) === 'read') return;
    this.#gateways.set(gateway, 'read');
    this.#release((line) => gatewayOf(line.proxy, line.subject) === gateway);
  }

  tick(): void {
    if (this.isWaiting) this.#release((line) => !this.#isEarly(line));
  }

  save(): unknown {
    return { gateways: [...this.#gateways.keys()].slice(-MOST_GATEWAYS), lines: this.#lines.map(savedFailure) };
  }

  /** Tolerates anything. */
  restore(saved: unknown): void {
    const { gateways, lines } = (saved ?? {}) as { gateways?: unknown; lines?: unknown };
    const untilMs = this.#clock.now() + WAIT_MS;
    for (const gateway of Array.isArray(gateways) ? gateways.slice(0, MOST_GATEWAYS) : [])
      if (typeof gateway === 'string') this.#gateways.set(gateway, untilMs);
    this.#lines = restoredFailures(lines, MOST_LINES);
  }

  #isEarly({ proxy, source, subject, peer, upstream }: Observation): boolean {
    if (proxy !== 'envoy' || source !== 'access_log' || peer === null || upstream.upstream !== '') return false;
    const until = this.#gateways.get(gatewayOf(proxy, subject));
    return typeof until === 'number' && this.#clock.now() < until && this.#lines.length < MOST_LINES;
  }

  #release(isDue: (line: Observation) => boolean): void {
    const due = new Set(this.#lines.filter(isDue));
    this.#lines = this.#lines.filter((line) => !due.has(line));
    for (const line of due) this.#pass(line);
  }
}
