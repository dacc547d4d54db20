import { type Continuation, continuations, type Peak } from './continuations.ts';
import { daysUntil, type Left, nearest } from './days-until.ts';
import { findSawtooth } from './sawtooth.ts';
import { withoutSpikes } from './spikes.ts';

/** One day of a resource; null: the day was not seen as a whole. */
export interface Day {
  readonly peak: number | null;
  readonly trough: number | null;
  /** Limit at its end; null: not known. */
  readonly limit: number | null;
}

/** What the daily peaks look like. */
export type Shape =
  | 'not_enough_data'
  | 'at_limit'
  | 'flat'
  | 'growth'
  /** They may grow or not: they vary too much. */
  | 'unclear'
  | 'step'
  /** Grows until something starts it again. */
  | 'sawtooth';

export interface Forecast {
  readonly shape: Shape;
  /** Days from now until a daily peak reaches the limit; null: none is foreseen, or it cannot be told. */
  readonly daysLeft: { readonly estimate: number; readonly least: number; readonly most: number } | null;
  /** The estimate is meant to be right within 15 %, or a day. False: it is said to be uncertain. */
  readonly isCertain: boolean;
  /** Days that will pass at least if it goes on as seen; null: not told. */
  readonly notBefore: number | null;
  /** Growth of the peaks by day, averaged over a week; null: not told. */
  readonly perDay: number | null;
  /** Days that were seen as a whole and used. */
  readonly days: number;
  /** Index of the first day behind a step. */
  readonly stepAt: number | null;
  /** Sentences for people: why so, why not surer. */
  readonly why: readonly string[];
}

const LEAST_DAYS = 7;
const WEEK = 7;
const TWO_WEEKS = 14;
/** An estimate this close is certain: half of the span, as a share. Less than the 15 % that are promised. */
const MOST_SPREAD = 0.12;
const MOST_SPREAD_DAYS = 0.75;
/** Beyond so many times the days that were seen nothing is foreseen. */
const HORIZON_FACTOR = 2;
/** Of the limit: what peaks may be off what is expected of them. */
const MOST_NOISE = 0.02;
/** Days beyond the parameters that were fitted. */
const LEAST_FREEDOM = 8;
/** Of the days seen: a curve is followed no farther. */
const MOST_AHEAD_OF_BEND = 0.5;
/** From this share on a limit is taken for reached: what wanted more was not seen. */
const REACHED = 0.98;
/** Of what the peaks vary by otherwise: the last days may be a new level, of which too little was seen. */
const FAR = 3;
const LATEST_DAYS = 3;
/** An agent that does not report now: the last day that was seen as a whole may be so old. */
const OLDEST_LAST_DAY = 2;

/** Says what daily peaks do and when they reach `limit`. `days`: oldest first, the last one ends now. Pure. */
export function forecast(days: readonly Day[], limit: number | null): Forecast {
  const { peaks, why } = usable(days, limit);
  const told = { ...NOTHING, days: peaks.length };
  const latest = peaks.at(-1)?.at ?? 0;
  const count = days.filter(({ peak }) => peak !== null).length;
  const reached =
    limit !== null && peaks.some(({ at, value }) => at > days.length - 1 - WEEK && value >= limit * REACHED);
  if (reached)
    return {
      ...told,
      shape: 'at_limit',
      isCertain: true,
      notBefore: 0,
      why: [...why, 'a peak of the last 7 days reached the limit'],
    };
  if (peaks.length < LEAST_DAYS)
    return {
      ...told,
      why: [`${peaks.length} of the ${days.length} days can be used: a trend needs ${LEAST_DAYS}`, ...why],
    };
  if (latest < days.length - 1 - OLDEST_LAST_DAY)
    return {
      ...told,
      why: [`the last day that was seen as a whole ended ${days.length - 1 - latest} days ago`, ...why],
    };
  const sawtooth = findSawtooth(days, peaks);
  if (sawtooth !== null) return { ...told, ...ofSawtooth(sawtooth.perDay, days, limit), why: [...why, sawtooth.why] };
  if (count > peaks.length) why.push(`${count} whole days were seen`);
  return ofTrend(peaks, days.length - 1, limit, why);
}

const NOTHING: Forecast = {
  ...{ shape: 'not_enough_data', daysLeft: null, isCertain: false, notBefore: null },
  ...{ perDay: null, days: 0, stepAt: null, why: [] },
};

/** Days that say what was wanted: not those in which a lower limit cut the peak off. */
function usable(days: readonly Day[], limit: number | null): { peaks: Peak[]; why: string[] } {
  let from = 0;
  const why: string[] = [];
  const changes: number[] = [];
  let before: number | null = null;
  days.forEach((day, at) => {
    if (day.limit === null) return;
    if (before !== null && day.limit !== before) changes.push(at);
    before = day.limit;
    const isOld = limit !== null && day.limit !== limit;
    if (isOld && day.peak !== null && day.peak >= day.limit * REACHED) from = at + 1;
  });
  if (changes.length > 0)
    why.push(
      `the limit changed ${changes.length === 1 ? '' : `${changes.length} times, last `}${days.length - changes.at(-1)!} days ago: use is compared with the one of now`,
    );
  if (from > 0) why.push('days in which use had reached an earlier limit are left out, and those before them');
  const peaks = days.flatMap(({ peak }, at) => (peak === null || at < from ? [] : { at, value: peak }));
  return { peaks, why };
}

function ofSawtooth(perDay: number, days: readonly Day[], limit: number | null): Partial<Forecast> {
  const last = days.findLast(({ peak }) => peak !== null)?.peak ?? 0;
  const left = limit === null ? null : Math.max((limit - last) / perDay, 0);
  const daysLeft = left === null ? null : { estimate: left, least: left / 2, most: left * 2 };
  return { shape: 'sawtooth', perDay, daysLeft };
}

function ofTrend(seen: readonly Peak[], now: number, limit: number | null, why: string[]): Forecast {
  const { peaks, spikes } = withoutSpikes(seen);
  if (spikes > 0)
    why.push(`${spikes} single day${spikes === 1 ? '' : 's'} far above or below the others left out of the trend`);
  const hasWeeks = peaks.length >= TWO_WEEKS && weekdaysSeen(peaks) === WEEK;
  const all = continuations(peaks, hasWeeks);
  const near = nearest(all);
  const [best] = near;
  const isLateSpike = peaks
    .slice(-LATEST_DAYS)
    .some(({ at, value }) => Math.abs(value - best.predict(at)) > FAR * best.scale);
  const perDay = (best.predict(now + WEEK) - best.predict(now)) / WEEK;
  const told = { ...NOTHING, days: peaks.length, stepAt: best.stepAt, perDay };
  const shape = best.trend === 'step' ? 'step' : 'flat';
  if (limit === null)
    return {
      ...told,
      shape: Math.abs(perDay) > Math.abs(best.errorAt(now)) / WEEK ? 'growth' : shape,
      why: [...why, 'no limit is known'],
    };
  const horizon = HORIZON_FACTOR * (now - peaks[0].at + 1);
  const left = daysUntil(all, now, limit);
  if (left.least > horizon)
    return {
      ...told,
      shape: perDay * horizon > 3 * best.scale ? 'growth' : shape,
      isCertain:
        hasWeeks && !isLateSpike && best.freedom >= LEAST_FREEDOM && near.every(({ stepAt }) => stepAt === null),
      notBefore: horizon,
      why,
    };
  if (left.estimate > horizon)
    return {
      ...told,
      shape: shape === 'step' ? shape : 'unclear',
      notBefore: left.least,
      why: [...why, 'the peaks vary too much to tell growth from chance'],
    };
  const doubts = doubtsOf({
    hasWeeks,
    isLateSpike,
    near,
    left,
    limit,
    days: peaks.length,
    span: now - peaks[0].at + 1,
  });
  return {
    ...{ ...told, shape: 'growth', daysLeft: left, isCertain: doubts.length === 0, notBefore: left.least },
    why: [...why, ...doubts],
  };
}

function doubtsOf(of: {
  hasWeeks: boolean;
  isLateSpike: boolean;
  near: readonly Continuation[];
  left: Left;
  limit: number;
  days: number;
  span: number;
}): string[] {
  const { estimate, least, most } = of.left;
  const allowed = Math.max(estimate * MOST_SPREAD, MOST_SPREAD_DAYS);
  return [
    !of.hasWeeks && `${of.days} days: weekdays cannot be told from growth before two whole weeks were seen`,
    of.isLateSpike && 'the last days stand out: whether that is a new level shows in a week',
    of.near[0].stepAt !== null && 'the peaks have jumped: whether they will again cannot be foreseen',
    ['bend', 'growth'].includes(of.near[0].trend) &&
      estimate > of.span * MOST_AHEAD_OF_BEND &&
      'the growth itself changes: too far ahead for what was seen',
    of.near[0].scale > MOST_NOISE * of.limit && 'the peaks vary too much by chance for a date',
    of.near[0].freedom < LEAST_FREEDOM && 'the weekdays differ: more weeks would tell them from growth',
    (most - estimate > allowed || estimate - least > allowed) &&
      'what was seen can go on in several ways that do not agree',
  ].filter((doubt) => doubt !== false);
}

function weekdaysSeen(peaks: readonly Peak[]): number {
  const seen = new Map<number, number>();
  for (const { at } of peaks) seen.set(at % WEEK, (seen.get(at % WEEK) ?? 0) + 1);
  return [...seen.values()].filter((count) => count >= 2).length;
}
