import type { Peak } from './continuations.ts';
import { median } from './least-squares.ts';

const WEEK = 7;
/** Of the usual distance from the trend. */
const FAR = 8;
const MOST_SHARE = 0.1;
/** Of the level; busy weekdays grow by more than quiet ones, which is no spike. */
const LEAST_SHARE = 0.15;
/** What stands out in the last days may be a new level, and is kept. */
const LATEST_DAYS = 3;
/** Median distance → standard deviation of a normal distribution. */
const NORMAL = 1.4826;

/** The peaks without single days far off the trend (Theil and Sen's, over equal weekdays), which would bend it. */
export function withoutSpikes(peaks: readonly Peak[]): { peaks: readonly Peak[]; spikes: number } {
  const slope = theilSen(peaks);
  const flat = peaks.map(({ at, value }) => value - slope * at);
  const usual = peaks.map(({ at }) => median(flat.filter((_, other) => (peaks[other].at - at) % WEEK === 0)));
  const level = median(flat);
  // Weekdays are known from three of each on: of two the median is the middle, and both are equally far.
  const away = flat.map((value, at) => Math.abs(value - (peaks.length >= 3 * WEEK ? usual[at] : level)));
  const scale = NORMAL * median(away);
  const isFar = (at: number) => away[at] > FAR * scale && away[at] > LEAST_SHARE * Math.abs(level);
  const isAlone = (at: number) => !(at > 0 && isFar(at - 1)) && !(at < peaks.length - 1 && isFar(at + 1));
  const far = peaks.map((_, at) => isFar(at));
  const left = peaks.filter((_, at) => !far[at] || !isAlone(at) || at >= peaks.length - LATEST_DAYS);
  const spikes = peaks.length - left.length;
  return spikes > MOST_SHARE * peaks.length ? { peaks, spikes: 0 } : { peaks: left, spikes };
}

/** Median of the slopes between equal weekdays; without any between all days. */
function theilSen(peaks: readonly Peak[]): number {
  const same: number[] = [];
  const any: number[] = [];
  peaks.forEach((a, index) => {
    for (const b of peaks.slice(index + 1)) {
      const slope = (b.value - a.value) / (b.at - a.at);
      any.push(slope);
      if ((b.at - a.at) % WEEK === 0) same.push(slope);
    }
  });
  return median(same.length > 0 ? same : any);
}
