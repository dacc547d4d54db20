import type { Window } from '../capacity/history.ts';

export interface WindowFlags {
  /** `14d`, `4w` */
  readonly window?: string;
  /** `label=value` */
  readonly match?: readonly string[];
  readonly requestsPerCore?: string;
  /** ISO 8601 */
  readonly at?: string;
}

const [LEAST_DAYS, MOST_DAYS] = [7, 90];
const MOST_MATCHERS = 10;
/** Rows of one resource. */
const MOST_ROWS = 200;
const STEP_SECONDS = 60;

/** @throws Error whose message names the flag and what to write. */
export function readWindow({ window = '14d', match = [], requestsPerCore, at }: WindowFlags, nowMs: number): Window {
  const [, count, unit] = /^(\d{1,3})([dw])$/.exec(window) ?? [];
  const days = Number(count) * (unit === 'w' ? 7 : 1);
  if (!(days >= LEAST_DAYS && days <= MOST_DAYS))
    throw new Error(`--window ${JSON.stringify(window)}: write ${LEAST_DAYS}d to ${MOST_DAYS}d, like 28d or 4w`);
  if (match.length > MOST_MATCHERS) throw new Error(`--match: at most ${MOST_MATCHERS}`);
  const endMs = at === undefined ? nowMs : readTime(at, nowMs);
  const perCore = requestsPerCore === undefined ? null : readRate(requestsPerCore);
  return {
    days,
    endSeconds: Math.floor(endMs / 1000 / STEP_SECONDS) * STEP_SECONDS,
    matchers: match.map(matcherOf).join(','),
    given: perCore === null ? {} : { requests_per_core: perCore },
    mostRows: MOST_ROWS,
  };
}

export function wholeDays(flag: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new Error(`${flag} ${JSON.stringify(text)}: write whole days, like 30`);
  return Number(text);
}

function readTime(text: string, nowMs: number): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!(ms <= nowMs)) throw new Error(`--at ${JSON.stringify(text)}: write a time that was, like 2026-11-20T12:00:00Z`);
  return ms;
}

function readRate(text: string): number {
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (!(rate > 0)) throw new Error(`--requests-per-core ${JSON.stringify(text)}: write a number above 0, like 850`);
  return rate;
}

function matcherOf(text: string): string {
  const [, label, value] = /^([a-zA-Z_][a-zA-Z0-9_]{0,99})=([^\n]{0,200})$/.exec(text) ?? [];
  if (label === undefined) throw new Error(`--match ${JSON.stringify(text)}: write label=value, like namespace=edge`);
  return `${label}=${JSON.stringify(value)}`;
}
