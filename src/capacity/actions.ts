import { CONNTRACK_BUCKET_BYTES, CONNTRACK_ENTRY_BYTES } from './conntrack-memory.ts';
import { type Row, useOf } from './history.ts';
import type { Resource } from './resources.ts';
import { about, isGuideline, percent, rangeWords } from './words.ts';

export type Urgency = 'now' | 'soon' | 'watch';

/** One thing to change, most urgent first. */
export interface Action {
  readonly row: Row;
  readonly urgency: Urgency;
  /** Sentence: why. */
  readonly why: string;
  /** Value for the setting, in the unit of the resource; null: it cannot be reckoned. */
  readonly value: number | null;
  /** What that costs; '' when nothing is known. */
  readonly cost: string;
}

const SOON_DAYS = 30;
const WATCH_DAYS = 90;
const HIGH_USE = 0.8;
/** A new limit leaves this above the peak expected in `WATCH_DAYS`. */
const ROOM = 1.3;
const ORDER: readonly Urgency[] = ['now', 'soon', 'watch'];

/** `buckets`: of the table of tracked connections; null: not known. */
export function rankActions(rows: readonly Row[], buckets: number | null): Action[] {
  return rows
    .flatMap((row) => {
      const reason = reasonOf(row);
      if (reason === null) return [];
      const value = wantedLimit(row);
      return { row, ...reason, value, cost: costOf(row.resource, value ?? row.limit, buckets) };
    })
    .sort(
      (a, b) =>
        ORDER.indexOf(a.urgency) - ORDER.indexOf(b.urgency) ||
        daysOf(a.row) - daysOf(b.row) ||
        useOf(b.row) - useOf(a.row),
    );
}

function reasonOf(row: Row): { urgency: Urgency; why: string } | null {
  const { forecast, losses, resource } = row;
  const { daysLeft, isCertain, shape } = forecast;
  const use = useOf(row);
  if (losses !== null && losses > 0) return { urgency: 'now', why: `${losses} ${resource.losses!.what} in the window` };
  if (shape === 'at_limit' && isGuideline(row))
    return {
      urgency: 'soon',
      why: `${percent(row.weekPeak ?? 0)} in the worst hour of the week, the guideline is ${percent(row.limit ?? 0)}`,
    };
  if (shape === 'at_limit') return { urgency: 'now', why: 'a peak of the last 7 days reached the limit' };
  if (daysLeft !== null && isCertain && daysLeft.estimate <= WATCH_DAYS)
    return {
      urgency: daysLeft.estimate <= SOON_DAYS ? 'soon' : 'watch',
      why: `full in ${about(daysLeft.estimate)} days at this growth`,
    };
  if (daysLeft !== null && daysLeft.estimate <= WATCH_DAYS)
    return {
      urgency: daysLeft.least <= SOON_DAYS && use >= HIGH_USE ? 'soon' : 'watch',
      why:
        shape === 'sawtooth'
          ? `a leak: full in about ${about(daysLeft.estimate)} days if nothing restarts it`
          : `uncertain: full in ${about(daysLeft.estimate)} days (${rangeWords(daysLeft)})`,
    };
  if (use >= HIGH_USE)
    return { urgency: 'watch', why: `the week's peak takes ${Math.round(use * 100)} % of the limit` };
  return null;
}

function daysOf({ forecast }: Row): number {
  return forecast.daysLeft?.estimate ?? forecast.notBefore ?? Number.POSITIVE_INFINITY;
}

/** Room for the growth of 90 days, where it is known, and 30 % above. */
function wantedLimit({ resource, weekPeak, limit, forecast, isShare }: Row): number | null {
  const isCountable = resource.unit === 'count' || resource.unit === 'bytes';
  // More ports or a longer queue are not the first remedy.
  const isCured = resource.id === 'local_ports' || resource.id === 'listen_queue';
  if (!isCountable || isCured || isShare || weekPeak === null || limit === null || forecast.shape === 'sawtooth')
    return null;
  const growth = forecast.isCertain ? Math.max(forecast.perDay ?? 0, 0) * WATCH_DAYS : 0;
  const wanted = rounded((weekPeak + growth) * ROOM, resource.unit === 'bytes');
  return wanted > limit ? wanted : null;
}

/** Up to two digits, or whole 16 MiB. */
function rounded(value: number, isBytes: boolean): number {
  const step = isBytes ? 16 * 2 ** 20 : 10 ** Math.max(Math.floor(Math.log10(value)) - 1, 0);
  return Math.ceil(value / step) * step;
}

function costOf({ id }: Resource, entries: number | null, buckets: number | null): string {
  if (id !== 'conntrack' || entries === null) return '';
  const bytes = entries * CONNTRACK_ENTRY_BYTES + (buckets ?? entries / 4) * CONNTRACK_BUCKET_BYTES;
  return `a full table takes about ${Math.ceil(bytes / 2 ** 20)} MiB of the kernel's memory`;
}
