import type { Clock } from '../contract/unit.ts';

const SCRAPER_MEMORY_MS = 300_000;
const LONGEST_HOLD_MS = 60_000;
const MOST_SCRAPERS = 64;

interface Birth {
  readonly sequence: number;
  readonly bornMs: number;
  readonly release: () => void;
}

/**
 * Holds a counter series that is born later at 0 until every scraper seen in the last five minutes has read that 0 (at
 * most 60 s). Without it the first event of a new series is invisible to `rate()` and `increase()`.
 */
export class Births {
  private readonly clock: Clock;
  private readonly scrapers = new Map<string, { seenMs: number; read: number }>();
  private queue: Birth[] = [];
  private sequence = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Returns the number of this birth, from 1. */
  born(release: () => void): number {
    this.queue.push({ sequence: ++this.sequence, bornMs: this.clock.now(), release });
    return this.sequence;
  }

  /** Before rendering: releases what everybody has seen at 0. */
  beforeScrape(): void {
    if (this.queue.length === 0) return;
    const now = this.clock.now();
    const seenByAll = this.seenByAll(now);
    this.queue = this.queue.filter((birth) => {
      const due = birth.sequence <= seenByAll || now - birth.bornMs >= LONGEST_HOLD_MS;
      if (due) birth.release();
      return !due;
    });
  }

  /** After rendering for `scraper`: it has now read every held series at 0. */
  afterScrape(scraper: string): void {
    this.scrapers.delete(scraper);
    this.scrapers.set(scraper, { seenMs: this.clock.now(), read: this.sequence });
    if (this.scrapers.size > MOST_SCRAPERS) {
      for (const oldest of this.scrapers.keys()) {
        this.scrapers.delete(oldest);
        break;
      }
    }
  }

  private seenByAll(now: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [name, { seenMs, read }] of this.scrapers) {
      if (now - seenMs > SCRAPER_MEMORY_MS) this.scrapers.delete(name);
      else if (read < least) least = read;
    }
    return least === Number.POSITIVE_INFINITY ? 0 : least;
  }
}
