import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';
import { type MappedService, SOURCE_RANKS } from './tracked-upstream.ts';
import { isSameProxy, type Tracked } from './tracked-view.ts';

/** How long workers of an old configuration may go on with what the new one does not have. */
const PAST_MS = 900_000;
const MOST_PAST = 20_000;

/** An upstream of a running proxy. */
export interface NamedUpstream {
  readonly view: UpstreamsView;
  readonly upstream: UpstreamInUse;
  readonly mapped: MappedService;
}

/** What a proxy uses an address for, or used it. */
export interface AddressUse extends NamedUpstream {
  /** When the proxy was first read with it, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** When it was read without it; null: it is in use. */
  readonly untilMs: number | null;
}

interface Known {
  /** Servers by host: addresses and paths of sockets. */
  readonly hosts: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
  /** Since when the first of them is in use; of those that came later, when. */
  readonly sinceMs: number;
  readonly later: ReadonlyMap<string, number>;
}

interface Proxy {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
}

interface Past extends AddressUse {
  readonly untilMs: number;
}

/** Addresses by upstream: those in use, and those that a running proxy had until lately. */
export class UsedAddresses {
  readonly #byHost: SetIndex<Tracked> = new Map();
  readonly #byName: SetIndex<Tracked> = new Map();
  readonly #known = new Map<Tracked, Known>();
  /** Another number whenever anything has changed. */
  version = 0;
  /** By host and port, those that were dropped longest ago first. */
  readonly #past = new Map<string, readonly Past[]>();

  /** Upstreams that use the canonical address or the path of a socket. */
  at(host: string): Iterable<Tracked> {
    return allOf(this.#byHost, host);
  }

  /** The upstream is new, or its servers were read as others than before. */
  put(tracked: Tracked): void {
    this.version++;
    const before = this.#known.get(tracked);
    const [hosts, keys, later] = [new Set<string>(), new Set<string>(), new Map<string, number>()];
    const sinceMs = before?.sinceMs ?? tracked.readAtMs;
    for (const { kind, host, port } of tracked.upstream.servers) {
      if (kind !== 'unix' && (kind !== 'ip' || port === null)) continue;
      const key = keyOf(host, port);
      hosts.add(host);
      keys.add(key);
      const usedMs = before?.keys.has(key) ? since(before, key) : tracked.readAtMs;
      if (usedMs > sinceMs) later.set(key, usedMs);
    }
    for (const key of before?.keys ?? []) if (!keys.has(key)) this.#leave(tracked, key, tracked.readAtMs);
    for (const host of before?.hosts ?? []) if (!hosts.has(host)) removeFrom(this.#byHost, host, tracked);
    for (const host of hosts) addTo(this.#byHost, host, tracked);
    addTo(this.#byName, tracked.upstream.name, tracked);
    this.#known.set(tracked, { hosts, keys, sinceMs, later });
  }

  remove(tracked: Tracked, atMs: number): void {
    const before = this.#known.get(tracked);
    if (before === undefined) return;
    this.version++;
    for (const key of before.keys) this.#leave(tracked, key, atMs);
    for (const host of before.hosts) removeFrom(this.#byHost, host, tracked);
    removeFrom(this.#byName, tracked.upstream.name, tracked);
    this.#known.delete(tracked);
  }

  /** The upstream of this name that the proxy has, by the best source. */
  named(of: Proxy, name: string): NamedUpstream | undefined {
    let best: NamedUpstream | undefined;
    for (const { of: view, upstream, mapped } of allOf(this.#byName, name)) {
      const { latest } = view;
      if (!isOf(latest, of)) continue;
      if (best === undefined || SOURCE_RANKS[latest.source] > SOURCE_RANKS[best.view.source])
        best = { view: latest, upstream, mapped };
    }
    return best;
  }

  /** In use by the best source; else used until lately, the latest only. `port` null: a socket. */
  usesOf(of: Proxy, host: string, port: number | null): AddressUse[] {
    const key = keyOf(host, port);
    const uses: AddressUse[] = [];
    for (const tracked of this.at(host)) {
      const known = this.#known.get(tracked);
      const view = tracked.of.latest;
      if (!known?.keys.has(key) || !isOf(view, of)) continue;
      const { upstream, mapped } = tracked;
      uses.push({ view, upstream, mapped, sinceMs: since(known, key), untilMs: null });
    }
    const best = Math.max(...uses.map(({ view }) => SOURCE_RANKS[view.source]));
    if (uses.length > 0) return uses.filter(({ view }) => SOURCE_RANKS[view.source] === best);
    const past = this.#past.get(key)?.filter(({ view }) => isOf(view, of)) ?? [];
    return past.slice(-1);
  }

  #leave({ of, upstream, mapped }: Tracked, key: string, untilMs: number): void {
    const before = this.#past.get(key) ?? [];
    const { latest } = of;
    const kept = before.filter(({ view, upstream: { name } }) => name !== upstream.name || !isOf(view, latest));
    const view: UpstreamsView = { ...latest, upstreams: [] };
    this.#past.delete(key);
    this.#past.set(key, [...kept.slice(-7), { view, upstream, mapped, sinceMs: untilMs, untilMs }]);
    for (const [oldest, uses] of this.#past) {
      if (this.#past.size <= MOST_PAST && untilMs - uses.at(-1)!.untilMs <= PAST_MS) return;
      this.#past.delete(oldest);
    }
  }
}

function isOf(view: UpstreamsView, { proxy, subject }: Proxy): boolean {
  return view.proxy === proxy && isSameProxy(view.subject, subject);
}

function since({ sinceMs, later }: Known, key: string): number {
  return later.get(key) ?? sinceMs;
}

function keyOf(host: string, port: number | null): string {
  return port === null ? host : `${host} ${port}`;
}
