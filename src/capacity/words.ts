import type { Action } from './actions.ts';
import type { Row } from './history.ts';
import type { Unit } from './resources.ts';

/** Days; less than that "more than" says nothing. */
const LEAST_TOLD = 7;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A figure of a resource for people. */
export function figure(value: number | null, unit: Unit, isShare = false): string {
  if (value === null) return '?';
  if (isShare || unit === 'share') return percent(value);
  if (unit === 'per_core') return value < 10 ? value.toFixed(1) : String(Math.round(value));
  if (unit === 'count') return String(Math.round(value));
  let step = 0;
  let rest = value;
  while (rest >= 1024 && step < BINARY.length - 1) {
    rest /= 1024;
    step++;
  }
  return `${rest < 10 && step > 0 ? rest.toFixed(1) : Math.round(rest)} ${BINARY[step]}`;
}

export function percent(share: number): string {
  return `${share < 0.1 ? Math.round(share * 1000) / 10 : Math.round(share * 100)} %`;
}

/** Peak of the week as a share of the limit. */
export function useWords({ weekPeak, limit }: Row): string {
  return weekPeak === null || limit === null ? '?' : percent(weekPeak / limit);
}

export function trendWords(row: Row): string {
  const { shape, perDay, stepAt } = row.forecast;
  const grows =
    perDay === null
      ? ''
      : `${perDay < 0 ? '−' : '+'}${figure(Math.abs(perDay) * 7, row.resource.unit, row.isShare)}/week`;
  if (shape === 'not_enough_data') return 'not enough data';
  if (shape === 'at_limit') return isGuideline(row) ? 'above the guideline' : 'at its limit';
  if (shape === 'sawtooth') return `leak that restarts end, ${grows} between`;
  if (shape === 'step') return stepAt === null ? 'a jump' : `a jump ${row.days.length - stepAt} days ago, no slope`;
  if (shape === 'unclear') return 'varies too much to tell';
  if (shape === 'flat') return 'no growth';
  return stepAt === null ? grows : `${grows}, and a jump ${row.days.length - stepAt} days ago`;
}

/** Days until full, with what must be known about the figure. */
export function daysWords(row: Row): string {
  const { forecast, limit } = row;
  const { daysLeft, isCertain, notBefore, shape } = forecast;
  if (shape === 'at_limit') return isGuideline(row) ? 'above the guideline' : 'now';
  if (limit === null) return 'no limit known';
  if (shape === 'not_enough_data') return 'not enough data';
  if (daysLeft !== null) {
    if (isCertain) return `${about(daysLeft.estimate)}`;
    return `uncertain: ${about(daysLeft.estimate)} (${rangeWords(daysLeft)})`;
  }
  if (notBefore === null || (!isCertain && notBefore < LEAST_TOLD)) return 'cannot be told';
  return isCertain ? `more than ${about(notBefore)}` : `uncertain: more than ${about(notBefore)}`;
}

/** What is good to keep, not a wall. */
export function isGuideline({ resource }: Row): boolean {
  return typeof resource.limit === 'number';
}

export function rangeWords({ least, most }: { least: number; most: number }): string {
  return Number.isFinite(most) && most < 1000 ? `${about(least)} to ${about(most)}` : `${about(least)}, or never`;
}

export function whyWords({ forecast, losses, resource, largestLimit }: Row): string {
  const lost = losses !== null && losses > 0 ? [`${losses} ${resource.losses!.what}`] : [];
  const limits = largestLimit === null ? [] : [`the largest limit is ${figure(largestLimit, resource.unit)}`];
  return [...lost, `${forecast.days} days used`, ...limits, ...forecast.why].join('; ');
}

export function settingWords({ row, value }: Action): string {
  return value === null
    ? row.resource.setting
    : `${row.resource.setting}: ${figure(row.limit, row.resource.unit)} → ${figure(value, row.resource.unit)}`;
}

export function about(days: number): string {
  return days < 10 ? String(Math.round(days * 10) / 10) : String(Math.round(days));
}
