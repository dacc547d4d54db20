/** Of a clock that is slewed, and of our own: parts of a millisecond per millisecond. */
const DRIFT = 500e-6;
const MOST_ANSWERS = 32;
/** An open watch is asked for again after 10 minutes at most; three of them may fail. */
const OLDEST_MS = 1_800_000;
/** `Date` is cut to the second. */
const RESOLUTION_MS = 1_000;
/** What the wall clock may differ from the monotonic one between two answers, beyond drift. */
const STEP_MS = 50;

/** One answer of the API server. Milliseconds since the epoch by our clock; `steadyMs`: performance.now() when it came. */
export interface DatedAnswer {
  /** Not after the request left. */
  readonly sentMs: number;
  /** Not before the headers came. */
  readonly heardMs: number;
  readonly steadyMs: number;
  /** The header `Date` (RFC 9110: seconds, GMT). */
  readonly date: string | undefined;
}

/** Between these is what the API server's clock is ahead of ours, milliseconds. */
export interface OffsetBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

interface Reading extends OffsetBounds {
  readonly steadyMs: number;
  /** Wall clock less monotonic clock: another one is another wall clock. */
  readonly baseMs: number;
}

/**
 * How far the API server's clock is from ours, by the Date header of its answers. One answer says it to a second and the time that the
 * answer took; several that fall differently within their seconds say it closer.
 */
export class ClockOffset {
  /** The latest last. */
  #readings: readonly Reading[] = [];

  take({ sentMs, heardMs, steadyMs, date }: DatedAnswer): void {
    const serverMs = date === undefined ? Number.NaN : Date.parse(date);
    if (Number.isNaN(serverMs) || heardMs < sentMs) return;
    const reading = {
      leastMs: serverMs - heardMs,
      mostMs: serverMs + RESOLUTION_MS - sentMs,
      ...{ steadyMs, baseMs: heardMs - steadyMs },
    };
    const kept = this.#readings.filter((one) => isSameClock(one, reading) && steadyMs - one.steadyMs <= OLDEST_MS);
    this.#readings = [...kept, reading].slice(-MOST_ANSWERS);
  }

  /** Null: no answer within half an hour. */
  bounds(steadyMs: number): OffsetBounds | null {
    let [leastMs, mostMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const reading of this.#readings.toReversed()) {
      const ageMs = steadyMs - reading.steadyMs;
      if (ageMs > OLDEST_MS) break;
      const least = Math.max(leastMs, reading.leastMs - ageMs * DRIFT);
      const most = Math.min(mostMs, reading.mostMs + ageMs * DRIFT);
      // It contradicts those after it: a clock was set since, or another API server has answered.
      if (least > most) break;
      [leastMs, mostMs] = [least, most];
    }
    return Number.isFinite(leastMs) ? { leastMs, mostMs } : null;
  }
}

function isSameClock(one: Reading, other: Reading): boolean {
  const elapsedMs = Math.abs(other.steadyMs - one.steadyMs);
  return Math.abs(other.baseMs - one.baseMs) <= STEP_MS + elapsedMs * DRIFT;
}
