import type { ServerInUse, UpstreamsView } from '../contract/upstream.ts';
import { isOf, type Tracked } from './tracked-view.ts';
import type { AddressUse, RunningProxy } from './used-addresses.ts';

/** How long workers of an old configuration may go on with what the new one does not have. */
const PAST_MS = 900_000;
const MOST_PAST = 20_000;
/** What an address was used for before, by upstream. */
const MOST_OF_ADDRESS = 8;
const NONE: readonly string[] = [];

interface Past extends AddressUse {
  readonly untilMs: number;
}

interface Left {
  readonly servers: ReadonlyMap<string, ServerInUse>;
  readonly place: string;
  /** When the proxy was read without it, milliseconds since the epoch. */
  readonly untilMs: number;
}

/** What running proxies used until lately, by address (`addressKey`). */
export class PastUses {
  /** Those that were dropped longest ago first. */
  readonly #uses = new Map<string, readonly Past[]>();
  /** By name of the upstream: the addresses that it had. */
  readonly #ofName = new Map<string, Set<string>>();
  readonly #changed: (key: string) => void;
  #dropped = 0;

  /** `changed` hears of every address of which another past is known. */
  constructor(changed: (key: string) => void) {
    this.#changed = changed;
  }

  /** How many were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What the proxy used it for last. */
  latest(of: RunningProxy, key: string): AddressUse | undefined {
    return this.#uses.get(key)?.findLast(({ view }) => isOf(view, of));
  }

  /** All that the proxy's own lists had it for, not what it was only seen to use. */
  listed(of: RunningProxy, key: string): readonly AddressUse[] {
    return this.#uses.get(key)?.filter(({ view }) => view.source !== 'observed' && isOf(view, of)) ?? [];
  }

  /** Those that upstreams of this name had. */
  addressesNamed(name: string): Iterable<string> {
    return this.#ofName.get(name) ?? NONE;
  }

  /** The upstream does not have it any more. */
  add({ of, upstream, mapped }: Tracked, key: string, { servers, place, untilMs }: Left): void {
    const before = this.#uses.get(key) ?? [];
    const { latest } = of;
    const kept = before.filter(({ view, upstream: { name } }) => name !== upstream.name || !isOf(view, latest));
    const view: UpstreamsView = { ...latest, upstreams: [] };
    const past: Past = { view, upstream, mapped, servers, sinceMs: untilMs, untilMs, place };
    this.#keep(key, [...kept.slice(1 - MOST_OF_ADDRESS), past]);
    for (const [oldest, uses] of this.#uses) {
      const isOver = untilMs - uses.at(-1)!.untilMs > PAST_MS;
      if (!isOver && this.#uses.size <= MOST_PAST) return;
      if (!isOver) this.#dropped++;
      this.#keep(oldest, []);
    }
  }

  /** Instead of what was kept of the address. */
  #keep(key: string, uses: readonly Past[]): void {
    for (const { upstream } of this.#uses.get(key) ?? []) {
      const keys = this.#ofName.get(upstream.name);
      keys?.delete(key);
      if (keys?.size === 0) this.#ofName.delete(upstream.name);
    }
    this.#uses.delete(key);
    this.#changed(key);
    if (uses.length === 0) return;
    this.#uses.set(key, uses);
    for (const { upstream } of uses) {
      const keys = this.#ofName.get(upstream.name);
      if (keys === undefined) this.#ofName.set(upstream.name, new Set([key]));
      else keys.add(key);
    }
  }
}
