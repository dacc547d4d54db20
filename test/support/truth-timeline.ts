import { setTimeout as delay } from 'node:timers/promises';
import type { UpstreamsReport } from '../../src/http/views.ts';
import type { Badgateway } from './badgateway.ts';

/** Address → state, or why it is not compared. */
export type Listing = Readonly<Record<string, string>>;

export interface Moment {
  /** When the answer was there; milliseconds since the epoch. */
  readonly atMs: number;
  readonly report: UpstreamsReport;
  /** By gateway and upstream (`edge shop_cart_80`), or by the upstream alone where there is one gateway. */
  readonly listings: ReadonlyMap<string, Listing>;
}

const EVERY_MS = 250;
/** A start takes seconds of a processor, which many others may want. */
const PATIENCE_MS = 60_000;

/** What /api/v1/upstreams of a running program has said, four times a second. */
export class Timeline {
  readonly moments: Moment[] = [];
  readonly #program: Badgateway;
  readonly #isByGateway: boolean;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(program: Badgateway, { byGateway = false } = {}) {
    this.#program = program;
    this.#isByGateway = byGateway;
  }

  start(): this {
    this.#loop = this.#sample();
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** The first moment after `fromMs` for which `holds`; waits for it. */
  async first(holds: (moment: Moment) => boolean, what: string, fromMs = 0): Promise<Moment> {
    const deadlineMs = Date.now() + PATIENCE_MS;
    for (let next = 0; ; ) {
      for (; next < this.moments.length; next++)
        if (this.moments[next].atMs >= fromMs && holds(this.moments[next])) return this.moments[next];
      if (Date.now() > deadlineMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}; last ${this.#lastWords()}`);
      await delay(EVERY_MS / 5);
    }
  }

  /** The different listings of one upstream, in their order. */
  course(upstream: string, fromMs = 0): Listing[] {
    const course: Listing[] = [];
    for (const { atMs, listings } of this.moments) {
      const listing = listings.get(upstream);
      if (atMs < fromMs || listing === undefined) continue;
      if (course.length === 0 || !isSame(listing, course[course.length - 1])) course.push(listing);
    }
    return course;
  }

  /** Every `upstream address state` that was ever said with one of these states. */
  said(states: readonly string[], fromMs = 0): string[] {
    const said = new Set<string>();
    for (const { atMs, listings } of this.moments)
      for (const [upstream, listing] of atMs < fromMs ? [] : listings)
        for (const [address, state] of Object.entries(listing))
          if (states.includes(state)) said.add(`${upstream} ${address} ${state}`);
    return [...said].sort();
  }

  async #sample(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const answer = await this.#program.get('/api/v1/upstreams', { page: true }).catch(() => null);
      if (answer?.status === 200) this.#take(JSON.parse(answer.body) as UpstreamsReport);
      await delay(EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  #take(report: UpstreamsReport): void {
    const listings = new Map<string, Listing>();
    for (const { subject, upstreams } of report.gateways)
      for (const { name, addresses } of upstreams) {
        const words = addresses.map(({ address, state, why }) => [address, state === '' ? why : state] as const);
        const sorted = words.sort(([a], [b]) => (a < b ? -1 : 1));
        listings.set(this.#isByGateway ? `${subject.gateway} ${name}` : name, Object.fromEntries(sorted));
      }
    this.moments.push({ atMs: Date.now(), report, listings });
  }

  #lastWords(): string {
    const last = this.moments.at(-1);
    return last === undefined ? 'nothing' : JSON.stringify([...last.listings]).slice(0, 4000);
  }
}

export function isSame(left: Listing | undefined, right: Listing): boolean {
  const keys = Object.keys(right);
  return (
    left !== undefined && Object.keys(left).length === keys.length && keys.every((key) => left[key] === right[key])
  );
}
