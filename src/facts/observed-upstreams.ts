import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { AddressSink, PeerSocket, ServerInUse, UpstreamInUse, UpstreamSink } from '../contract/upstream.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { ObservedAddress, type WhatIsKnown } from './observed-address.ts';
import { peerKey } from './peer-key.ts';
import { addressKey } from './used-addresses.ts';

/** Of one gateway, and of all. */
const MOST_OF_ONE = 5_000;
const MOST = 20_000;
/** A view that says the same is reported again after so long, so that it does not seem to be old. */
const REFRESH_MS = 5_000;

export interface ObservedUpstreamsOptions extends WhatIsKnown {
  readonly clock: Clock;
  readonly upstreams: UpstreamSink;
  readonly mostOfOne?: number;
  readonly most?: number;
}

interface Gateway {
  readonly key: string;
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly addresses: Map<string, ObservedAddress>;
  /** As last reported, by name. */
  upstreams: ReadonlyMap<string, UpstreamInUse>;
  reportedMs: number;
}

/**
 * The addresses that gateways were seen to use, in connections and in failed requests, as one upstream for each Service that
 * has or had them. Never a full list: of an address that is not in it nothing is known.
 */
export class ObservedUpstreams implements Omit<AddressSink, 'looked'> {
  readonly #options: ObservedUpstreamsOptions;
  readonly #gateways = new Map<string, Gateway>();
  /** The one that was asked for last: observations come gateway by gateway. */
  #last: { readonly proxy: ProxyKind; readonly subject: Subject; readonly gateway: Gateway } | undefined;
  #size = 0;
  #dropped = 0;

  constructor(options: ObservedUpstreamsOptions) {
    this.#options = options;
  }

  /** Addresses that are kept. */
  get size(): number {
    return this.#size;
  }

  /** Times that an address was not kept because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  used(proxy: ProxyKind, subject: Subject, address: PeerSocket, atMs: number): void {
    const nowMs = this.#options.clock.now();
    this.#at(this.#gateway(proxy, subject), addressKey(address.ip, address.port), address, nowMs)?.see(nowMs, atMs);
  }

  held(proxy: ProxyKind, subject: Subject, address: PeerSocket, _atMs: number): void {
    const nowMs = this.#options.clock.now();
    this.#at(this.#gateway(proxy, subject), addressKey(address.ip, address.port), address, nowMs)?.see(nowMs, null);
  }

  /** A line that names the address says that it was used. Envoy's own list says more than its counters. */
  observe({ proxy, subject, peer, source, sinceMs, atMs }: Observation): void {
    const isLine = proxy === 'nginx' || source === 'access_log';
    if (!isLine || peer === null || peer.port === null) return;
    const ip = canonicalIp(peer.address);
    if (ip === null) return;
    const nowMs = this.#options.clock.now();
    // What is found of the address now was so when nginx's line was written, a moment ago. Envoy keeps its lines for seconds.
    const isNow = proxy === 'nginx';
    const observed = this.#at(
      this.#gateway(proxy, subject),
      peerKey(peer),
      { ip, port: peer.port },
      isNow ? atMs : nowMs,
    );
    observed?.see(nowMs, isNow ? atMs : sinceMs);
  }

  /** Reports what has changed; call it about once a second. */
  look(nowMs: number): void {
    for (const gateway of this.#gateways.values()) {
      const upstreams = this.#group(gateway, this.#judge(gateway, nowMs));
      if (upstreams.size > 0) this.#report(gateway, upstreams, nowMs);
      else if (gateway.upstreams.size > 0) this.#options.upstreams.remove(gateway.key);
      gateway.upstreams = upstreams;
      if (gateway.addresses.size === 0) this.#gateways.delete(gateway.key);
    }
    this.#last = undefined;
  }

  /** Undefined: there are too many. A new one is judged as of `foundMs`. */
  #at(gateway: Gateway, key: string, address: PeerSocket, foundMs: number): ObservedAddress | undefined {
    let observed = gateway.addresses.get(key);
    if (observed === undefined) {
      const { mostOfOne = MOST_OF_ONE, most = MOST } = this.#options;
      if (this.#size >= most || gateway.addresses.size >= mostOfOne) {
        this.#dropped++;
        return undefined;
      }
      observed = new ObservedAddress(address, gateway.proxy === 'envoy');
      gateway.addresses.set(key, observed);
      this.#size++;
    }
    observed.judge(this.#options, foundMs);
    return observed;
  }

  #gateway(proxy: ProxyKind, subject: Subject): Gateway {
    if (this.#last?.subject === subject && this.#last.proxy === proxy) return this.#last.gateway;
    const key = `observed ${[proxy, ...Object.values(subject)].join('\xff')}`;
    let gateway = this.#gateways.get(key);
    if (gateway === undefined) {
      gateway = { key, proxy, subject, addresses: new Map(), upstreams: new Map(), reportedMs: 0 };
      this.#gateways.set(key, gateway);
    }
    this.#last = { proxy, subject, gateway };
    return gateway;
  }

  /** Puts every address where it belongs now; returns the names of the upstreams that one has come to, or left. */
  #judge({ addresses }: Gateway, nowMs: number): ReadonlySet<string> {
    const changed = new Set<string>();
    addresses.forEach((observed, key) => {
      const isOver = observed.isOver(nowMs);
      if (isOver) {
        addresses.delete(key);
        this.#size--;
      } else observed.judge(this.#options, nowMs);
      const { upstream: before } = observed;
      const after = !isOver && observed.isInUse(nowMs) ? observed.name : null;
      if (before === after) return;
      observed.upstream = after;
      if (before !== null) changed.add(before);
      if (after !== null) changed.add(after);
    });
    return changed;
  }

  /** By name, the same as before where nothing has changed. */
  #group({ addresses, upstreams }: Gateway, changed: ReadonlySet<string>): ReadonlyMap<string, UpstreamInUse> {
    if (changed.size === 0) return upstreams;
    const groups = new Map<string, ServerInUse[]>();
    for (const { upstream, server } of addresses.values()) {
      if (upstream === null || !changed.has(upstream)) continue;
      const group = groups.get(upstream);
      if (group) group.push(server);
      else groups.set(upstream, [server]);
    }
    const after = new Map(upstreams);
    for (const name of changed) {
      const servers = groups.get(name);
      if (servers === undefined) after.delete(name);
      else if (!isSame(after.get(name)?.servers, servers)) after.set(name, { name, alias: '', servers });
    }
    return after;
  }

  #report(gateway: Gateway, upstreams: ReadonlyMap<string, UpstreamInUse>, nowMs: number): void {
    const { key, proxy, subject, addresses } = gateway;
    const isChanged = upstreams !== gateway.upstreams && isOther(gateway.upstreams, upstreams);
    if (!isChanged && Math.abs(nowMs - gateway.reportedMs) < REFRESH_MS) return;
    gateway.reportedMs = nowMs;
    let readAtMs = Number.NEGATIVE_INFINITY;
    for (const { seenMs } of addresses.values()) readAtMs = Math.max(readAtMs, seenMs);
    const view = { proxy, subject, source: 'observed', readAtMs } as const;
    this.#options.upstreams.report(key, { ...view, upstreams: [...upstreams.values()] });
  }
}

function isOther(before: Gateway['upstreams'], after: Gateway['upstreams']): boolean {
  if (before.size !== after.size) return true;
  for (const [name, upstream] of after) if (before.get(name) !== upstream) return true;
  return false;
}

function isSame(before: readonly ServerInUse[] = [], after: readonly ServerInUse[]): boolean {
  return before.length === after.length && after.every((server, index) => server === before[index]);
}
