import type { TimeoutRange } from '../contract/gateway-settings.ts';

/** What the attempts took, as a histogram tells it. */
export interface Observed {
  readonly attempts: number;
  /** The 99.9th percentile is more than this, in seconds … */
  readonly moreThan: number;
  /** … and at most this; null: more than the last bound. */
  readonly atMost: number | null;
}

/** `unclear`: the buckets, or several settings for one upstream, do not tell. `unknown`: one side is not known at all. */
export type TimeoutVerdict = 'far_above' | 'below' | 'fits' | 'unclear' | 'unknown';

export interface Judged {
  readonly verdict: TimeoutVerdict;
  /** Why, for people. */
  readonly why: string;
  /** Upper bound + slack, in milliseconds; null: nothing has to change, or it is not known to what. */
  readonly suggestedMs: number | null;
}

/** A timeout that is more than so many times the observed bound. */
export const MOST_SLACK = 10;
export const QUANTILE = 0.999;
/** With fewer there is no 99.9th percentile. */
export const LEAST_ATTEMPTS = 1000;
/** Upper bound + as much again. */
const SLACK = 2;
/** Less is not asked for: a pause of a collector of garbage; two lost SYN packets (1 s and 2 s until they are sent again). */
const LEAST_MS = { read: 1000, connect: 3000 } as const;

/** `buckets`: cumulative counts by upper bound in seconds, ascending, the last one infinite. Null: too few attempts. */
export function observe(buckets: readonly (readonly [bound: number, count: number])[]): Observed | null {
  const attempts = buckets.at(-1)?.[1] ?? 0;
  if (attempts < LEAST_ATTEMPTS) return null;
  const rank = Math.ceil(QUANTILE * attempts);
  const at = buckets.findIndex(([, count]) => count >= rank);
  const bound = buckets[at][0];
  return { attempts, moreThan: at === 0 ? 0 : buckets[at - 1][0], atMost: Number.isFinite(bound) ? bound : null };
}

/** The time between two parts of an answer against what whole attempts took. */
export function judgeRead(timeout: TimeoutRange, { moreThan, atMost }: Observed): Judged {
  if (timeout.mostMs <= moreThan * 1000)
    return {
      verdict: 'below',
      why: `1 of 1000 attempts takes more than ${moreThan} s: cut off, or answers that come in parts for longer`,
      suggestedMs: suggestion('read', atMost),
    };
  if (atMost === null || timeout.leastMs < atMost * 1000)
    return unclear(isOne(timeout) ? `p99.9 is ${boundsText(moreThan, atMost)}: the buckets do not tell` : SEVERAL);
  return judgeSlack('read', timeout, atMost);
}

/** Connecting is a part of the attempt: it took no longer. That it was cut off does not show in durations. */
export function judgeConnect(timeout: TimeoutRange, { atMost }: Observed): Judged {
  if (atMost === null || timeout.leastMs < atMost * 1000)
    return unclear('connecting is a part of the attempt and not measured by itself');
  return judgeSlack('connect', timeout, atMost);
}

const SEVERAL = 'places that send to it have different timeouts, and durations are not told apart by them';

/** Of a timeout that is not below. */
function judgeSlack(what: keyof typeof LEAST_MS, { leastMs, mostMs }: TimeoutRange, atMost: number): Judged {
  const suggestedMs = suggestion(what, atMost)!;
  const enoughMs = Math.max(atMost * 1000 * MOST_SLACK, suggestedMs);
  if (mostMs <= enoughMs) return { verdict: 'fits', why: '', suggestedMs: null };
  if (leastMs <= enoughMs) return unclear(SEVERAL);
  const part = what === 'connect' ? ', connecting included' : '';
  return { verdict: 'far_above', why: `999 of 1000 attempts take at most ${atMost} s${part}`, suggestedMs };
}

function suggestion(what: keyof typeof LEAST_MS, atMost: number | null): number | null {
  return atMost === null ? null : Math.max(LEAST_MS[what], atMost * 1000 * SLACK);
}

function unclear(why: string): Judged {
  return { verdict: 'unclear', why, suggestedMs: null };
}

function isOne({ leastMs, mostMs }: TimeoutRange): boolean {
  return leastMs === mostMs;
}

/** `0.25 to 0.5 s` */
export function boundsText(moreThan: number, atMost: number | null): string {
  if (atMost === null) return `over ${moreThan} s`;
  return moreThan === 0 ? `up to ${atMost} s` : `${moreThan} to ${atMost} s`;
}
