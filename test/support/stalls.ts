import { readFileSync } from 'node:fs';

const EVERY_MS = 50;
const MS_PER_TICK = 10;
/** Of fifty; so much passes unnoticed. */
const NOTHING_MS = 15;
/** What happens at a moment is noticed within so long around it where nothing is held up. */
const AROUND_MS = 500;

/** A time that was measured, between two moments; milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Held {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ms: number;
}

/**
 * When this process and a program were kept from running: timers here that are late, the program ready to run while others had the
 * processors, and processors that the machine beneath took away. What is promised of times is promised of a machine that does not.
 */
export class Stalls {
  readonly #held: Held[] = [];
  readonly #waitedMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #last: { readonly atMs: number; readonly waitedMs: number; readonly stolenMs: number };

  /** @param waitedMs of the program since it began, as Badgateway.waitedForProcessorMs */
  constructor(waitedMs: () => number) {
    this.#waitedMs = waitedMs;
    this.#last = this.#look();
    this.#timer = setInterval(() => this.#note(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Milliseconds, around the moments when the span begins and ends. */
  around({ fromMs, toMs }: Span): number {
    const isNear = (held: Held, atMs: number) => held.fromMs <= atMs + AROUND_MS && held.toMs >= atMs - AROUND_MS;
    const near = this.#held.filter((held) => isNear(held, fromMs) || isNear(held, toMs));
    return near.reduce((sum, { ms }) => sum + ms, 0);
  }

  #look() {
    return { atMs: Date.now(), waitedMs: this.#waitedMs(), stolenMs: stolenMs() };
  }

  #note(): void {
    const [before, now] = [this.#last, this.#look()];
    this.#last = now;
    const lateMs = now.atMs - before.atMs - EVERY_MS;
    const ms = Math.max(lateMs, now.waitedMs - before.waitedMs, now.stolenMs - before.stolenMs);
    // The kernel counts a wait when it ends.
    if (ms > NOTHING_MS) this.#held.push({ fromMs: Math.min(before.atMs, now.atMs - ms), toMs: now.atMs, ms });
  }
}

/** By all processors together, since the start of the machine. */
function stolenMs(): number {
  const [, , , , , , , , steal = '0'] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0].split(/ +/);
  return Number(steal) * MS_PER_TICK;
}
