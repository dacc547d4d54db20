import type { FailureSource, LogStep, Observation } from '../contract/failure.ts';
import type { ProxyKind } from '../contract/names.ts';
import { gatewayOf } from './counted-once-keys.ts';

/**
 * Who says more of a failure counts it; the other one's word of it is not counted again. nginx's error log knows the errno, Envoy's
 * access log the host.
 */
export const TELLS_MORE: Readonly<Record<ProxyKind, FailureSource>> = { nginx: 'error_log', envoy: 'access_log' };
export const TELLS_LESS: Readonly<Record<ProxyKind, FailureSource>> = { nginx: 'access_log', envoy: 'stats' };
/**
 * How long the word of the one that says more may be under way. nginx writes the error line first, into another file; Envoy writes its
 * access log every 10 s, unless it says otherwise (--file-flush-interval-msec).
 */
export const LAG_MS: Readonly<Record<ProxyKind, number>> = { nginx: 5_000, envoy: 15_000 };
/** Envoy's statistics are read every 10 s. */
const VAGUE_LAG_MS = 12_000;
/** On a busy node a log is read so much later than it should be. */
const BUSY_MS = 5_000;
/** Nobody waits longer for a log, however seldom it is written. */
const MOST_LAG_MS = 300_000;

/** Which sources of which gateways were seen, since when, and when they were read. Moments are milliseconds since the epoch. */
export class Sources {
  readonly #presentMs = {
    error_log: new Map<string, number>(),
    access_log: new Map<string, number>(),
    stats: new Map<string, number>(),
  };
  /** By gateway, when Envoy's statistics were read last and the time before. */
  readonly #readMs = new Map<string, { readonly last: number; readonly before: number }>();
  /** By gateway, of its access log. */
  readonly #lags = new Map<string, Partial<Record<LogStep, number>>>();

  present(gateway: string, source: FailureSource, nowMs: number): void {
    if (!this.#presentMs[source].has(gateway)) this.#presentMs[source].set(gateway, nowMs);
  }

  /** Since when; undefined: it was not seen. */
  sinceMs(gateway: string, source: FailureSource): number | undefined {
    return this.#presentMs[source].get(gateway);
  }

  lags(gateway: string, step: LogStep, mostMs: number): void {
    this.#lags.set(gateway, { ...this.#lags.get(gateway), [step]: mostMs });
  }

  /** How long a failure waits for the other source's word. */
  lagMs({ proxy, subject }: Observation, isVague: boolean): number {
    if (proxy === 'nginx') return LAG_MS.nginx;
    if (isVague) return VAGUE_LAG_MS;
    const { written, read } = this.#lags.get(gatewayOf(proxy, subject)) ?? {};
    if (written === undefined || read === undefined) return LAG_MS.envoy;
    return Math.min(written + read + BUSY_MS, MOST_LAG_MS);
  }

  read(gateway: string, atMs: number): void {
    const { last = Number.NEGATIVE_INFINITY } = this.#readMs.get(gateway) ?? {};
    this.#readMs.set(gateway, { last: atMs, before: last });
  }

  /** What one reading of Envoy's statistics cannot tell apart yet, the next one does: of the moment they say no more. */
  haveTold(gateway: string, atMs: number): boolean {
    return (this.#readMs.get(gateway)?.before ?? Number.NEGATIVE_INFINITY) >= atMs;
  }
}
