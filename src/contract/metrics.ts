/**
 * Metric declarations (data, no side effects) and the writers that units receive. A wrong suffix does not compile.
 * Names follow prometheus.io/docs/practices/naming: base units, counters end in `_total`.
 */

/** A label set; every label of the declaration must be present. An unknown value is the empty string. */
export type Labels<L extends readonly string[]> = { readonly [K in L[number]]: string };

type GaugeName<N extends string> = N extends `${string}_total` ? never : N;

export interface CounterDeclaration<L extends readonly string[] = readonly string[]> {
  readonly type: 'counter';
  readonly name: `badgateway_${string}_total`;
  readonly help: string;
  readonly labels: L;
  /**
   * `events`: counted by us; a new series is shown at 0 until every scraper has seen it, and the value is kept in the checkpoint.
   * `absolute`: somebody else's counter (kernel, nginx, Envoy); shown as read.
   */
  readonly kind: 'events' | 'absolute';
}

export interface GaugeDeclaration<L extends readonly string[] = readonly string[]> {
  readonly type: 'gauge';
  readonly name: `badgateway_${string}`;
  readonly help: string;
  readonly labels: L;
}

export interface HistogramDeclaration<L extends readonly string[] = readonly string[]> {
  readonly type: 'histogram';
  readonly name: `badgateway_${string}`;
  readonly help: string;
  readonly labels: L;
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[];
}

export type Declaration = CounterDeclaration | GaugeDeclaration | HistogramDeclaration;
export type MetricTable = Readonly<Record<string, Declaration>>;

/** A counter of events that badgateway itself counts. */
export function counter<const L extends readonly string[]>(
  name: `badgateway_${string}_total`,
  help: string,
  labels: L,
): CounterDeclaration<L> {
  return { type: 'counter', name, help, labels, kind: 'events' };
}

/** Somebody else's counter, published as read (absolute value, resets with its owner). */
export function foreignCounter<const L extends readonly string[]>(
  name: `badgateway_${string}_total`,
  help: string,
  labels: L,
): CounterDeclaration<L> {
  return { type: 'counter', name, help, labels, kind: 'absolute' };
}

export function gauge<const N extends `badgateway_${string}`, const L extends readonly string[]>(
  name: GaugeName<N>,
  help: string,
  labels: L,
): GaugeDeclaration<L> {
  return { type: 'gauge', name, help, labels };
}

/** A distribution that badgateway itself measures: kept over restarts and shown at 0 first, like a counter of events. */
export function histogram<const N extends `badgateway_${string}`, const L extends readonly string[]>(
  name: GaugeName<N>,
  help: string,
  labels: L,
  buckets: readonly number[],
): HistogramDeclaration<L> {
  return { type: 'histogram', name, help, labels, buckets };
}

/** Writes one family. Values must be finite for counters; gauges may be NaN or infinite. */
export interface Writer<L extends readonly string[]> {
  /** Adds to a series, creating it. Counters: `amount` ≥ 0. */
  inc(labels: Labels<L>, amount?: number): void;
  /**
   * @param first value of somebody else's counter before it was published: a new series shows it until every scraper has read it, so
   * that `increase()` sees what made it worth publishing
   */
  set(labels: Labels<L>, value: number, first?: number): void;
  remove(labels: Labels<L>): void;
  /** Drops every series: a stale number is a lie. */
  reset(): void;
  /** For who adds to one series again and again: it is looked up once. */
  seriesOf(labels: Labels<L>): SeriesWriter;
}

/** Writes one series; the first write creates it, also after it was removed. */
export interface SeriesWriter {
  /** As `Writer.inc`. */
  inc(amount?: number): void;
}

/** Writes one family of distributions. */
export interface HistogramWriter<L extends readonly string[]> {
  /** Upper bounds in force, ascending, without +Inf: those of the declaration, or configured ones. */
  readonly buckets: readonly number[];
  /** `value` must be finite and not negative. */
  observe(labels: Labels<L>, value: number): void;
  /**
   * Adds what was counted elsewhere. `counts`: not cumulative, one for each of `buckets` and a last one for what is above
   * all; whole numbers ≥ 0. `sum`: of all values, finite and ≥ 0.
   */
  merge(labels: Labels<L>, counts: ArrayLike<number>, sum: number): void;
  /** Creates the series at 0, so that its first observation is seen by `increase()`. */
  create(labels: Labels<L>): void;
  remove(labels: Labels<L>): void;
  reset(): void;
}

type WriterOf<D> = D extends { readonly type: 'histogram'; readonly labels: infer L extends readonly string[] }
  ? HistogramWriter<L>
  : D extends { readonly labels: infer L extends readonly string[] }
    ? Writer<L>
    : never;

export type Writers<T extends MetricTable> = { readonly [K in keyof T]: WriterOf<T[K]> };

/** The pod (empty outside Kubernetes) and gateway that a series is about; on every gateway series. */
export const SUBJECT_LABELS = ['namespace', 'pod', 'container', 'gateway'] as const;
export type Subject = Labels<typeof SUBJECT_LABELS>;

/** The configured block or cluster name and the Kubernetes Service behind it; empty when unknown. */
export const UPSTREAM_LABELS = ['upstream', 'upstream_namespace', 'upstream_service', 'upstream_port'] as const;
export type UpstreamIdentity = Labels<typeof UPSTREAM_LABELS>;
export const UNKNOWN_UPSTREAM: UpstreamIdentity = {
  upstream: '',
  upstream_namespace: '',
  upstream_service: '',
  upstream_port: '',
};
