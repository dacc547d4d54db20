import type { IncidentQuery } from '../incidents/incident.ts';

const PARAMETERS = ['limit', 'since'];
const MOST = 1000;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const DURATION = /^(\d{1,9})([smhd])$/;
/** A moment without a zone would be read in the zone of whoever runs badgateway. */
const MOMENT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Reads `/path?limit=20&since=15m`. A string is the sentence that says what is wrong with it. */
export function readIncidentsQuery(url: string, nowMs: number): IncidentQuery | string {
  const start = url.indexOf('?');
  const given: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : url.slice(start))) {
    if (!PARAMETERS.includes(name)) return `Unknown parameter ${quote(name)}: there are ${PARAMETERS.join(', ')}`;
    if (name in given) return `Parameter ${name} is given twice: one value each`;
    given[name] = value;
  }
  const { limit, since } = given;
  if (limit !== undefined && !isLimit(limit))
    return `Parameter limit is ${quote(limit)}: give a whole number from 1 to ${MOST}`;
  const sinceMs = since === undefined ? undefined : momentOf(since, nowMs);
  if (sinceMs === null)
    return `Parameter since is ${quote(since ?? '')}: give a duration such as 15m, 2h or 1d, or a time such as 2026-11-21T03:00:00Z (a + is written %2B)`;
  return {
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}

function isLimit(text: string): boolean {
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST;
}

function momentOf(text: string, nowMs: number): number | null {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * SECONDS[unit] * 1000;
  const moment = MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? null : moment;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
