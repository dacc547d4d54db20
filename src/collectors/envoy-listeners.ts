import { isIP } from 'node:net';
import type { Subject, Writers } from '../contract/metrics.ts';
import type { NamedStat } from './envoy-memory.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';

const MOST_LISTENERS = 100;
const MOST_LETTERS = 100;
const EVERY = new Set(['0.0.0.0', '[__]']);

/**
 * How Envoy names a listener in its stats: its stat_prefix, or address and port with `_` for `:`. An address that is not for all becomes
 * `ip`, so that a pod's own is in no label: `0.0.0.0_15001` stays, `10.0.0.7_8080` is `ip_8080`.
 */
export function listenerLabel(statName: string): string {
  const name = statName.slice('listener.'.length, statName.lastIndexOf('.'));
  const [, address = '', port = ''] = /^(.*)_(\d{1,5})$/.exec(name) ?? [];
  const isAddress = isIP(address) !== 0 || /^\[[0-9a-f_.%]+\]$/i.test(address);
  return isAddress && !EVERY.has(address) ? `ip_${port}` : name.slice(0, MOST_LETTERS);
}

/** Connections of clients by listener of one Envoy. */
export class ListenerSeries {
  readonly #metrics: Writers<typeof ENVOY_METRICS>;
  readonly #subject: Subject;
  #shown = new Set<string>();

  constructor(metrics: Writers<typeof ENVOY_METRICS>, subject: Subject) {
    this.#metrics = metrics;
    this.#subject = subject;
  }

  /** @returns how many listeners were left out because there are too many */
  show(stats: readonly NamedStat[]): number {
    const totals = new Map<string, { total: number; active: number }>();
    const left = new Set<string>();
    for (const { stat, name, value } of stats) {
      if (stat !== 'downstream_cx_total' && stat !== 'downstream_cx_active') continue;
      const listener = listenerLabel(name);
      const known = totals.get(listener) ?? { total: 0, active: 0 };
      if (!totals.has(listener) && totals.size >= MOST_LISTENERS) left.add(listener);
      else totals.set(listener, known);
      if (stat === 'downstream_cx_total') known.total += value;
      else known.active += value;
    }
    for (const listener of this.#shown) if (!totals.has(listener)) this.#remove(listener);
    for (const [listener, { total, active }] of totals) {
      const labels = { ...this.#subject, listener };
      this.#metrics.listenerConnections.set(labels, total);
      this.#metrics.listenerActive.set(labels, active);
    }
    this.#shown = new Set(totals.keys());
    return left.size;
  }

  hide(): void {
    for (const listener of this.#shown) this.#remove(listener);
    this.#shown = new Set();
  }

  #remove(listener: string): void {
    const labels = { ...this.#subject, listener };
    this.#metrics.listenerConnections.remove(labels);
    this.#metrics.listenerActive.remove(labels);
  }
}
