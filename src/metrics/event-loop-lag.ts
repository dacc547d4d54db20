import client from 'prom-client';
import type { WakeUps } from '../contract/unit.ts';
import { SharedTimer } from '../sources/shared-timer.ts';

/** A look a second: at prom-client's usual 10 ms its monitor takes 1 % of a core from a process that is idle. */
export const LOOK_MS = 1000;
const KEPT = 60;
const WORDS = {
  min: 'The shortest',
  max: 'The longest',
  mean: 'The mean of the',
  p50: 'The 50th percentile of the',
  p90: 'The 90th percentile of the',
  p99: 'The 99th percentile of the',
} as const;
type Word = keyof typeof WORDS;
const WORD_LIST = Object.keys(WORDS) as Word[];
const LAST_NAME = 'nodejs_eventloop_lag_seconds';
const nameOf = (word: string) => `nodejs_eventloop_lag_${word}_seconds`;

/** What prom-client has under these names is the time between two looks, a second too much, and nothing in the second after a scrape. */
export const LAG_NAMES: readonly string[] = [LAST_NAME, ...[...WORD_LIST, 'stddev'].map(nameOf)];

/** By how much the last looks at the event loop came too late; the oldest is forgotten first. */
export class LoopLooks {
  readonly #lags: number[] = [];

  look(lateMs: number): void {
    this.#lags.push(lateMs / 1000);
    if (this.#lags.length > KEPT) this.#lags.shift();
  }

  /** Of the last look, in seconds; 0 before the first. */
  get last(): number {
    return this.#lags.at(-1) ?? 0;
  }

  /** Seconds; 0 before the first look. */
  lag(word: Word): number {
    const sorted = this.#lags.toSorted((one, other) => one - other);
    if (sorted.length === 0) return 0;
    if (word === 'mean') return sorted.reduce((sum, lag) => sum + lag, 0) / sorted.length;
    const share = word === 'min' ? 0 : word === 'max' ? 1 : Number(word.slice(1)) / 100;
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}

/** The event loop's lag within the last minute, the same for everybody who asks. What begins and ends between two looks is not seen. */
export function addEventLoopLag(register: client.Registry, wakeUps: WakeUps = new SharedTimer('weak')): void {
  const looks = new LoopLooks();
  const look = (lateMs: number) => {
    looks.look(lateMs);
    wakeUps.at(look, performance.now() + LOOK_MS);
  };
  wakeUps.at(look, performance.now() + LOOK_MS);
  const add = (name: string, help: string, value: () => number) =>
    new client.Gauge({
      ...{ name, help, registers: [register] },
      collect() {
        this.set(value());
      },
    });
  add(LAST_NAME, 'Delay of the event loop at the last look, at most a second ago.', () => looks.last);
  for (const word of WORD_LIST)
    add(nameOf(word), `${WORDS[word]} delay of the event loop within the last minute.`, () => looks.lag(word));
}
