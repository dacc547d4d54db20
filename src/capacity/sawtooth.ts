import type { Peak } from './continuations.ts';
import type { Day } from './forecast.ts';
import { median } from './least-squares.ts';

export interface Sawtooth {
  /** Growth by day between two falls. */
  readonly perDay: number;
  readonly falls: number;
  readonly why: string;
}

/** A fall takes this share of the range of the peaks at least, within a day. */
const LEAST_FALL = 0.35;
/** The range is this share of the highest peak at least. */
const LEAST_RANGE = 0.1;
/** Of the days between falls so many rise; one that begins with a fall may not. */
const LEAST_RISING = 0.75;
const LEAST_RISES = 5;
/** What rises over days and is not wanted by users does not fall at night: of the range. */
const MOST_WITHIN_DAY = 0.5;

/** Whether the use grows day by day until it falls at once, again and again: a leak that restarts end. */
export function findSawtooth(days: readonly Day[], peaks: readonly Peak[]): Sawtooth | null {
  const values = peaks.map(({ value }) => value);
  const highest = Math.max(...values);
  const range = highest - Math.min(...values);
  if (range < LEAST_RANGE * highest) return null;
  const rises: number[] = [];
  let falls = 0;
  for (let index = 1; index < peaks.length; index++) {
    const { at, value } = peaks[index];
    if (at !== peaks[index - 1].at + 1) continue;
    const change = value - peaks[index - 1].value;
    if (change < -LEAST_FALL * range) falls++;
    else rises.push(change);
  }
  const rising = rises.filter((rise) => rise > 0);
  if (falls === 0 || rising.length < LEAST_RISES || rising.length < LEAST_RISING * rises.length) return null;
  // Without troughs, a week of traffic that rises until Friday looks the same.
  const within = peaks.flatMap(({ at, value }) => (days[at].trough === null ? [] : value - days[at].trough));
  if (within.length < LEAST_RISES || median(within) > MOST_WITHIN_DAY * range) return null;
  const perDay = median(rising);
  const times = falls === 1 ? 'once' : `${falls} times`;
  return {
    ...{ perDay, falls },
    why: `it grows day by day, at night too, and fell ${times} at once: a leak that restarts end; the estimate holds if nothing restarts it`,
  };
}
