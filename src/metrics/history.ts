import type { Clock } from '../contract/unit.ts';
import { keyOf } from './label-set.ts';
import type { MetricRegistry } from './registry.ts';

export const HISTORY_STEP_MS = 15_000;
/** Half an hour. */
export const HISTORY_STEPS = 120;
/** Of one family: seven of them with 64 series of 120 values are 215 KB. */
const MOST_SERIES = 64;

/** What is remembered: how much a counter grew in each step, or where a gauge stood below its limit. */
export const HISTORY_FAMILIES = [
  { family: 'badgateway_listen_overflows_total', limit: null },
  { family: 'badgateway_listen_drops_total', limit: null },
  { family: 'badgateway_listen_queue_length', limit: 'badgateway_listen_queue_limit' },
  { family: 'badgateway_conntrack_entries', limit: 'badgateway_conntrack_entries_limit' },
  { family: 'badgateway_conntrack_drops_total', limit: null },
  { family: 'badgateway_worker_connections_used', limit: 'badgateway_worker_connections_limit' },
  { family: 'badgateway_worker_open_fds', limit: 'badgateway_worker_open_fds_limit' },
] as const;
export type HistoryFamily = (typeof HISTORY_FAMILIES)[number]['family'];

export interface HistoryRow {
  readonly family: HistoryFamily;
  readonly labels: Readonly<Record<string, string>>;
  /** One for each step of 15 s, the oldest first; of a counter its growth in the step. NaN: not known. */
  readonly values: Float32Array;
  /** Of a gauge, when it was last read; null: it has none, or it is not known. */
  readonly limit: number | null;
}

export interface HistoryReport {
  readonly rows: readonly HistoryRow[];
  /** Series that are not remembered because their family has too many. */
  readonly leftOut: number;
}

interface Remembered {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: Float32Array;
  /** Of a counter: as last read; NaN: not read in the last step. */
  absolute: number;
  limit: number | null;
  /** Steps since it was last read. */
  silent: number;
}

/** The last half hour of the few series that the page draws, in bounded memory. */
export class MetricHistory {
  readonly #registry: MetricRegistry;
  readonly #clock: Clock;
  readonly #rows = new Map<HistoryFamily, Map<string, Remembered>>();
  #leftOut = 0;
  #at = 0;
  #sampledMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: MetricRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sample(), HISTORY_STEP_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One step: reads the families that exist. Steps that were missed while the machine slept stay unknown. */
  sample(): void {
    const nowMs = this.#clock.now();
    const missed = this.#sampledMs === 0 ? 0 : Math.round((nowMs - this.#sampledMs) / HISTORY_STEP_MS) - 1;
    this.#sampledMs = nowMs;
    for (let step = Math.max(0, Math.min(missed, HISTORY_STEPS)); step >= 0; step--) this.#forward();
    this.#leftOut = 0;
    for (const { family, limit } of HISTORY_FAMILIES) this.#sampleFamily(family, limit);
  }

  /** Families in their order. */
  report(): HistoryReport {
    const rows = HISTORY_FAMILIES.flatMap(({ family }) =>
      [...(this.#rows.get(family)?.values() ?? [])].map(({ labels, values, limit }) => {
        return { family, labels, limit, values: this.#inOrder(values) };
      }),
    );
    return { rows, leftOut: this.#leftOut };
  }

  #forward(): void {
    this.#at = (this.#at + 1) % HISTORY_STEPS;
    for (const rows of this.#rows.values()) {
      for (const [key, row] of rows) {
        row.values[this.#at] = Number.NaN;
        if (++row.silent >= HISTORY_STEPS) rows.delete(key);
      }
    }
  }

  #sampleFamily(name: HistoryFamily, limitName: string | null): void {
    const family = this.#registry.get(name);
    if (family === undefined) return;
    const { labels: names, type } = family.declaration;
    const rows = this.#rows.get(name) ?? new Map<string, Remembered>();
    this.#rows.set(name, rows);
    const limits = this.#limits(limitName, names);
    const gone = new Set(rows.values());
    for (const { labels, value } of family.entries()) {
      const key = keyOf(names, labels);
      const row = rows.get(key) ?? this.#remember(rows, key, labels, value);
      if (row === null) continue;
      gone.delete(row);
      row.values[this.#at] = type === 'counter' ? growth(row.absolute, value) : value;
      row.absolute = value;
      row.silent = 0;
      row.limit = limits.get(key) ?? null;
    }
    for (const row of gone) row.absolute = Number.NaN;
  }

  /** By the labels of the gauge: a limit may say more, such as that it is estimated. */
  #limits(name: string | null, names: readonly string[]): Map<string, number> {
    const entries = name === null ? [] : (this.#registry.get(name)?.entries() ?? []);
    return new Map([...entries].map(({ labels, value }) => [keyOf(names, labels), value]));
  }

  /** Null: no room. What moves takes the place of what never did. */
  #remember(
    rows: Map<string, Remembered>,
    key: string,
    labels: Remembered['labels'],
    value: number,
  ): Remembered | null {
    if (rows.size >= MOST_SERIES) {
      this.#leftOut++;
      const quiet = value > 0 && [...rows].find(([, row]) => isQuiet(row));
      if (!quiet) return null;
      rows.delete(quiet[0]);
    }
    const values = new Float32Array(HISTORY_STEPS).fill(Number.NaN);
    const row = { labels, values, absolute: Number.NaN, limit: null, silent: 0 };
    rows.set(key, row);
    return row;
  }

  #inOrder(values: Float32Array): Float32Array {
    const ordered = new Float32Array(HISTORY_STEPS);
    ordered.set(values.subarray(this.#at + 1));
    ordered.set(values.subarray(0, this.#at + 1), HISTORY_STEPS - this.#at - 1);
    return ordered;
  }
}

/** The kernel's counters begin anew with their namespace: then it is not known how much they grew. */
function growth(before: number, after: number): number {
  return after >= before ? after - before : Number.NaN;
}

/** Neither did it count anything, nor hold anything. */
function isQuiet({ values, absolute }: Remembered): boolean {
  return !(absolute > 0) && values.every((value) => !(value > 0));
}
