import { type Day, type Forecast, forecast } from './forecast.ts';
import type { PrometheusClient, PrometheusSeries } from './prometheus.ts';
import { queriesOf } from './queries.ts';
import type { Resource } from './resources.ts';

/** One thing of one gateway, node or upstream over the window. */
export interface Row {
  readonly resource: Resource;
  /** Those that name it, without empty ones. */
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first; the last ends at the end of the window. */
  readonly days: readonly Day[];
  /** Highest of the last day; null: nothing was seen. */
  readonly latest: number | null;
  /** Highest of the last 7 days. */
  readonly weekPeak: number | null;
  readonly limit: number | null;
  /** Largest limit of another replica; null: all have the same. */
  readonly largestLimit: number | null;
  /** Of the window; null: nothing counts it. */
  readonly losses: number | null;
  readonly forecast: Forecast;
  /** `share`: replicas have different limits, so that days and limit are shares of them. */
  readonly isShare: boolean;
}

export interface ResourceHistory {
  readonly resource: Resource;
  readonly rows: readonly Row[];
  /** Rows beyond what is kept. */
  readonly skipped: number;
  /** Rows without a value in the last day: gone, or not scraped. */
  readonly gone: readonly Readonly<Record<string, string>>[];
}

export interface Window {
  readonly days: number;
  readonly endSeconds: number;
  /** Matchers of the user for every selector, '' without. */
  readonly matchers: string;
  /** Limits that no metric has: id of the resource → limit. */
  readonly given: Readonly<Record<string, number>>;
  readonly mostRows: number;
}

const DAY_SECONDS = 86_400;
/** Of 24; an hour or two without an agent is a restart of it. */
const LEAST_HOURS = 22;
const WEEK = 7;
const LEAST_LOSS = 0.5;

/** What Prometheus knows of one resource. Rows with the least headroom first. */
export async function readHistory(
  resource: Resource,
  window: Window,
  client: PrometheusClient,
): Promise<ResourceHistory> {
  const { days, endSeconds } = window;
  const queries = queriesOf(resource, window.matchers);
  const range = { startSeconds: endSeconds - (days - 1) * DAY_SECONDS, endSeconds, stepSeconds: DAY_SECONDS };
  const ask = async (query: string | null) => keyed(query === null ? [] : await client.range(query, range));
  const peaks = await ask(queries.peaks);
  if (peaks.size === 0) return { resource, rows: [], skipped: 0, gone: [] };
  const read: Read = {
    peaks,
    hours: await ask(queries.hours),
    troughs: await ask(queries.troughs),
    limits: await ask(queries.limits),
    largest: await ask(queries.largestLimits),
    shares: new Map(),
    losses: queries.losses === null ? null : keyed(await client.instant(queries.losses(`${days}d`), endSeconds)),
  };
  const times = Array.from({ length: days }, (_, at) => endSeconds - (days - 1 - at) * DAY_SECONDS);
  const isMixed = [...read.limits].some(
    ([key, { points }]) => points.get(endSeconds) !== read.largest.get(key)?.points.get(endSeconds),
  );
  const whole = isMixed ? { ...read, shares: await ask(queries.shares) } : read;
  const all = [...peaks.keys()].map((key) => rowOf(key, resource, window, whole, times));
  const seen = all.filter(({ latest }) => latest !== null).sort((a, b) => useOf(b) - useOf(a));
  return {
    resource,
    rows: seen.slice(0, window.mostRows).map((row) => ({ ...row, forecast: forecastOf(row) })),
    skipped: Math.max(seen.length - window.mostRows, 0),
    gone: all.filter(({ latest }) => latest === null).map(({ labels }) => labels),
  };
}

/** Share of the limit that the week's peak takes; without a limit below all others. */
export function useOf({ weekPeak, limit }: Pick<Row, 'weekPeak' | 'limit'>): number {
  return weekPeak === null || limit === null ? -1 : weekPeak / limit;
}

function forecastOf({ days, limit, largestLimit }: Omit<Row, 'forecast'>): Forecast {
  const told = forecast(days, limit);
  if (largestLimit === null) return told;
  return { ...told, isCertain: false, why: ['replicas have different limits', ...told.why] };
}

type Keyed = ReadonlyMap<string, PrometheusSeries>;

interface Read {
  readonly peaks: Keyed;
  readonly hours: Keyed;
  readonly troughs: Keyed;
  readonly limits: Keyed;
  readonly largest: Keyed;
  readonly shares: Keyed;
  readonly losses: Keyed | null;
}

function rowOf(
  key: string,
  resource: Resource,
  window: Window,
  read: Read,
  times: readonly number[],
): Omit<Row, 'forecast'> {
  const { labels, points } = read.peaks.get(key)!;
  const limitKey = keyOf(labels, resource.limitLacks);
  const given = window.given[resource.id] ?? (typeof resource.limit === 'number' ? resource.limit : null);
  const limitAt = (at: number) => given ?? positive(read.limits.get(limitKey)?.points.get(at));
  const now = times.at(-1)!;
  const largest = given === null ? positive(read.largest.get(limitKey)?.points.get(now)) : null;
  const isMixed = largest !== null && largest !== limitAt(now);
  const shares = isMixed ? read.shares.get(key) : undefined;
  const isShare = shares !== undefined;
  const hours = read.hours.get(key)?.points;
  const days = times.map((at): Day => {
    if ((hours?.get(at) ?? 0) < LEAST_HOURS) return { peak: null, trough: null, limit: isShare ? 1 : limitAt(at) };
    if (isShare) return { peak: shares.points.get(at) ?? null, trough: null, limit: 1 };
    return { peak: points.get(at) ?? null, trough: read.troughs.get(key)?.points.get(at) ?? null, limit: limitAt(at) };
  });
  const values = isShare ? shares.points : points;
  const week = times.slice(-WEEK).flatMap((at) => values.get(at) ?? []);
  return {
    ...{ resource, labels, days, isShare },
    latest: values.get(now) ?? null,
    weekPeak: week.length === 0 ? null : Math.max(...week),
    limit: isShare ? 1 : limitAt(now),
    largestLimit: isMixed ? largest : null,
    losses: lossesOf(resource, labels, read.losses),
  };
}

function lossesOf({ losses }: Resource, labels: Row['labels'], read: Keyed | null): number | null {
  if (losses === undefined || read === null || read.size === 0) return null;
  // Some counters lack labels of the row.
  const found = read.get(keyOf(labels)) ?? read.get(keyOf(labels, ['port'])) ?? read.get(keyOf(labels, ['breaker']));
  const [value = 0] = found?.points.values() ?? [];
  return value < LEAST_LOSS ? 0 : Math.round(value);
}

function positive(value: number | undefined): number | null {
  return value === undefined || value <= 0 ? null : value;
}

function keyed(series: readonly PrometheusSeries[]): Map<string, PrometheusSeries> {
  return new Map(series.map(({ labels, points }) => [keyOf(labels), { labels: named(labels), points }]));
}

function keyOf(labels: Readonly<Record<string, string>>, lacks: readonly string[] = []): string {
  const entries = Object.entries(named(labels)).filter(([name]) => !lacks.includes(name));
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function named(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name, value]) => value !== '' && name !== '__name__'));
}
