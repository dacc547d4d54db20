import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { ServerInUse, UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import { CurrentUse } from './current-use.ts';
import { PastUses } from './past-uses.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';
import { type MappedService, SOURCE_RANKS } from './tracked-upstream.ts';
import { isOf, type Tracked } from './tracked-view.ts';

/** Answers of `usesOf` that are kept. */
const MOST_FOUND = 10_000;
const NO_USES: readonly AddressUse[] = [];
const NONE_LATER: ReadonlyMap<string, number> = new Map();
const NO_SERVERS: ReadonlyMap<string, ServerInUse> = new Map();

/** An upstream of a running proxy. */
export interface NamedUpstream {
  readonly view: UpstreamsView;
  readonly upstream: UpstreamInUse;
  readonly mapped: MappedService;
  /** Addresses and sockets among its servers, by `addressKey`. */
  readonly servers: ReadonlyMap<string, ServerInUse>;
}

/** What a proxy uses an address for, or used it. */
export interface AddressUse extends NamedUpstream {
  /** When the proxy was first read with it, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** When it was read without it; null: it is in use. */
  readonly untilMs: number | null;
  /** `file:line` of the running configuration; '' when it does not come from a file, or is not in it any more. */
  readonly place: string;
}

interface Known {
  /** Addresses and paths of sockets among its servers, by `addressKey`. */
  readonly keys: ReadonlyMap<string, ServerInUse>;
  /** Since when the first of them is in use; of those that came later, when. */
  readonly sinceMs: number;
  readonly later: ReadonlyMap<string, number>;
}

/** Who uses addresses. */
export interface RunningProxy {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
}

interface Found extends RunningProxy {
  readonly port: number | null;
  readonly uses: readonly AddressUse[];
}

/** Addresses by upstream: those in use, and those that a running proxy had until lately. */
export class UsedAddresses {
  readonly #byHost: SetIndex<Tracked> = new Map();
  readonly #byName: SetIndex<Tracked> = new Map();
  readonly #known = new Map<Tracked, Known>();
  #version = 0;
  readonly #past = new PastUses((key) => this.#found.delete(hostOf(key)));
  /** By host, as long as the same upstreams use it: what has failed fails again, and several ask the same. */
  readonly #found = new Map<string, Found>();

  /** Another number whenever anything has changed. */
  get version(): number {
    return this.#version;
  }

  /** How many were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#past.dropped;
  }

  /** A proxy was read again, or an upstream stands for another Service. */
  touch(): void {
    this.#version++;
  }

  /** The same, and it is another proxy, or another source that has read it. */
  touchAll(): void {
    this.touch();
    this.#found.clear();
  }

  /** Upstreams that use the canonical address or the path of a socket. */
  at(host: string): Iterable<Tracked> {
    return allOf(this.#byHost, host);
  }

  /** The upstream is new, or its servers were read as others than before. */
  put(tracked: Tracked): void {
    this.touch();
    const before = this.#known.get(tracked);
    const [hosts, keys] = [new Set<string>(), new Map<string, ServerInUse>()];
    let later: Map<string, number> | undefined;
    const sinceMs = before?.sinceMs ?? tracked.readAtMs;
    for (const server of tracked.upstream.servers) {
      const { kind, host, port } = server;
      if (kind !== 'unix' && (kind !== 'ip' || port === null)) continue;
      const key = addressKey(host, port);
      hosts.add(host);
      if (!keys.has(key)) keys.set(key, server);
      const usedMs = before?.keys.has(key) ? since(before, key) : tracked.readAtMs;
      if (usedMs <= sinceMs) continue;
      later ??= new Map();
      later.set(key, usedMs);
    }
    for (const key of before?.keys.keys() ?? [])
      if (!keys.has(key)) this.#past.add(tracked, key, { servers: keys, place: '', untilMs: tracked.readAtMs });
    for (const { host } of before?.keys.values() ?? []) if (!hosts.has(host)) this.#unplace(host, tracked);
    for (const host of hosts) {
      this.#found.delete(host);
      addTo(this.#byHost, host, tracked);
    }
    addTo(this.#byName, tracked.upstream.name, tracked);
    this.#known.set(tracked, { keys, sinceMs, later: later ?? NONE_LATER });
  }

  remove(tracked: Tracked, atMs: number): void {
    const before = this.#known.get(tracked);
    if (before === undefined) return;
    this.touch();
    for (const [key, { place }] of before.keys)
      this.#past.add(tracked, key, { servers: before.keys, place, untilMs: atMs });
    for (const { host } of before.keys.values()) this.#unplace(host, tracked);
    removeFrom(this.#byName, tracked.upstream.name, tracked);
    this.#known.delete(tracked);
  }

  /** The upstream of this name that the proxy has, by the best source. */
  named(of: RunningProxy, name: string): NamedUpstream | undefined {
    let best: NamedUpstream | undefined;
    for (const tracked of allOf(this.#byName, name)) {
      const { upstream, mapped } = tracked;
      const { latest: view } = tracked.of;
      const { keys: servers = NO_SERVERS } = this.#known.get(tracked) ?? {};
      if (!isOf(view, of)) continue;
      if (best === undefined || SOURCE_RANKS[view.source] > SOURCE_RANKS[best.view.source])
        best = { view, upstream, mapped, servers };
    }
    return best;
  }

  /** In use by the best source; else used until lately, the latest only. `port` null: a socket. */
  usesOf(of: RunningProxy, host: string, port: number | null): readonly AddressUse[] {
    const { proxy, subject } = of;
    const known = this.#found.get(host);
    if (known?.subject === subject && known.proxy === proxy && known.port === port) return known.uses;
    const uses = this.#find(of, host, port);
    if (this.#found.size >= MOST_FOUND) this.#found.clear();
    this.#found.set(host, { proxy, subject, port, uses });
    return uses;
  }

  #find(of: RunningProxy, host: string, port: number | null): readonly AddressUse[] {
    const key = addressKey(host, port);
    let best = Number.NEGATIVE_INFINITY;
    let uses: AddressUse[] | undefined;
    for (const tracked of this.at(host)) {
      const known = this.#known.get(tracked);
      const server = known?.keys.get(key);
      const view = tracked.of.latest;
      if (known === undefined || server === undefined || !isOf(view, of)) continue;
      const rank = SOURCE_RANKS[view.source];
      if (rank < best) continue;
      const use = new CurrentUse(tracked, { servers: known.keys, sinceMs: since(known, key), place: server.place });
      if (rank > best || uses === undefined) uses = [use];
      else uses.push(use);
      best = rank;
    }
    if (uses !== undefined) return uses;
    const past = this.#past.latest(of, key);
    return past === undefined ? NO_USES : [past];
  }

  /** What the proxy's own lists had it for until lately. */
  formerUsesOf(of: RunningProxy, host: string, port: number | null): readonly AddressUse[] {
    return this.#past.listed(of, addressKey(host, port));
  }

  /** Addresses (`addressKey`) that upstreams of this name have, or had until lately, of any proxy. */
  *addressesNamed(name: string): Generator<string> {
    for (const tracked of allOf(this.#byName, name)) yield* this.#known.get(tracked)?.keys.keys() ?? [];
    yield* this.#past.addressesNamed(name);
  }

  #unplace(host: string, tracked: Tracked): void {
    this.#found.delete(host);
    removeFrom(this.#byHost, host, tracked);
  }
}

function since({ sinceMs, later }: Known, key: string): number {
  return later.get(key) ?? sinceMs;
}

function hostOf(key: string): string {
  const space = key.startsWith('/') ? -1 : key.lastIndexOf(' ');
  return space < 0 ? key : key.slice(0, space);
}

/**
 * The same text for the same address (`host` canonical) or path of a socket (`port` null). Joined: a template's parts stay in
 * memory beside the text.
 */
export function addressKey(host: string, port: number | null): string {
  return port === null ? host : [host, port].join(' ');
}
