import type { Endpoint, EndpointSlice } from '../contract/endpoint.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { UpstreamInUse, UpstreamSink, UpstreamsView } from '../contract/upstream.ts';
import type { SocketAddress } from './endpoint-states.ts';
import { FailedAddresses } from './failed-addresses.ts';
import type { ProxyRead } from './gap-sink.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';
import { isSameService, preferBest, type TrackedUpstream } from './tracked-upstream.ts';
import {
  addressesOf,
  asTracked,
  comparable,
  isSameView,
  NOTHING_COMPARED,
  newTracked,
  REMAP_MS,
  type Tracked,
  UNMAPPED,
  type View,
} from './tracked-view.ts';
import type { ComparedUpstream, UpstreamComparison } from './upstream-comparison.ts';
import { comparisonFor, type UpstreamTruthOptions } from './upstream-truth-options.ts';
import { UsedAddresses } from './used-addresses.ts';

/**
 * What every running proxy uses against what the EndpointSlices say, kept up to date as either changes: only upstreams
 * that a change can touch are compared again.
 */
export class UpstreamTruth implements UpstreamSink {
  readonly used = new UsedAddresses();
  readonly #options: UpstreamTruthOptions;
  readonly #comparison: UpstreamComparison;
  readonly #views = new Map<string, View>();
  readonly #byService: SetIndex<Tracked> = new Map();
  readonly #dirty = new Set<Tracked>();
  readonly #failed = new FailedAddresses();
  #isRemapNeeded = false;
  #isAnyGone = false;
  #doubtMs: number | null = null;
  #remapMs = 0;
  #was = { isFresh: false, isCurrent: false };

  constructor(options: UpstreamTruthOptions) {
    this.#options = options;
    this.#comparison = comparisonFor(options);
    options.cluster.listen({
      slice: (before, after) => this.#sliceChanged(before, after),
      service: () => {
        this.#isRemapNeeded = true;
      },
    });
  }

  report(key: string, latest: UpstreamsView): void {
    const known = this.#views.get(key);
    const view = known ?? { key, latest, upstreams: new Map(), isOld: false, isSuspended: false };
    const read: ProxyRead = { atMs: latest.readAtMs, beforeMs: known?.latest.readAtMs ?? null };
    if (isSameView(view.latest, latest)) this.used.touch();
    else this.used.touchAll();
    [view.latest, view.isSuspended] = [latest, false];
    const after = new Map<string, Tracked>();
    for (const upstream of latest.upstreams) {
      const tracked = view.upstreams.get(upstream.name) ?? newTracked(view, upstream);
      after.set(upstream.name, this.#read(tracked, upstream, read));
    }
    for (const [name, tracked] of view.upstreams) {
      if (after.has(name)) continue;
      this.#untrack(tracked, read.atMs);
      this.#options.uses?.dropped(tracked.key, read);
    }
    view.upstreams = after;
    this.#views.set(key, view);
  }

  suspend(key: string): void {
    const view = this.#views.get(key);
    if (view === undefined || view.isSuspended) return;
    view.isSuspended = true;
    for (const tracked of view.upstreams.values()) this.#hush(tracked);
  }

  remove(key: string): void {
    for (const tracked of this.#views.get(key)?.upstreams.values() ?? []) this.#untrack(tracked);
    this.#views.delete(key);
    this.#options.uses?.gone(key);
  }

  /**
   * Compares what has changed, and what is held back, again. Call it about once a second and before it is shown. False when
   * nothing of it can have changed.
   */
  evaluate(): boolean {
    this.#noticeAge();
    const nowMs = this.#options.clock.now();
    if (this.#isRemapNeeded || nowMs >= this.#remapMs) {
      for (const tracked of this.#all()) this.#remap(tracked);
      this.#remapMs = nowMs + REMAP_MS;
    }
    this.#isRemapNeeded = false;
    const dirty = [...this.#dirty];
    const isChanged = dirty.length > 0 || this.#isAnyGone;
    this.#isAnyGone = false;
    this.#dirty.clear();
    this.#doubtMs = null;
    for (const tracked of dirty) {
      tracked.compared = this.#compare(tracked);
      const { latest } = tracked.of;
      const failed = this.#failed.isEmpty ? [] : tracked.addresses.filter((one) => this.#failed.has(latest, one));
      for (const address of failed) this.#comparison.hit(tracked.key, address);
      if (failed.length > 0) tracked.compared = this.#compare(tracked);
      const { isWaiting, isUnconfirmed } = tracked.compared;
      if (isWaiting) this.#dirty.add(tracked);
      if (isUnconfirmed) this.#doubtMs = Math.max(this.#doubtMs ?? 0, tracked.readAtMs);
    }
    this.#failed.clear();
    return isChanged;
  }

  /** All upstreams, each once: as the source knows it that knows most. */
  upstreams(): TrackedUpstream[] {
    return preferBest([...this.#all()].map(asTracked));
  }

  /** A verdict waits until the slices are known as of this moment; null: none does. */
  doubtMs(): number | null {
    return this.#doubtMs;
  }

  /** Every proxy that is seen, by the source that sees it; of a suspended one what it used last. */
  views(): UpstreamsView[] {
    return [...this.#views.values()].map(({ latest }) => latest);
  }

  /** A request of this proxy to the address failed: what the next look finds of it is said without waiting. */
  hit(proxy: ProxyKind, subject: Subject, address: SocketAddress): void {
    // What is held back is compared at the next look anyway, and so is what a slice changes until then.
    this.#failed.add({ proxy, subject }, address);
  }

  *#all(): Generator<Tracked> {
    for (const { upstreams, isSuspended } of this.#views.values()) if (!isSuspended) yield* upstreams.values();
  }

  /** Slices or proxies that have not been read for too long, or are read again. */
  #noticeAge(): void {
    const { cluster, clock } = this.#options;
    const isFresh = cluster.freshness('endpointslices') === 'fresh';
    const isCurrent = cluster.areSlicesCurrent();
    if (isCurrent && !this.#was.isCurrent) this.#isRemapNeeded = true;
    const nowMs = clock.now();
    for (const view of this.#views.values()) {
      const isOld = nowMs - view.latest.readAtMs > this.#options.viewStaleAfterMs;
      if (view.isSuspended || (isOld === view.isOld && isFresh === this.#was.isFresh)) continue;
      view.isOld = isOld;
      for (const tracked of view.upstreams.values()) this.#dirty.add(tracked);
    }
    this.#was = { isFresh, isCurrent };
  }

  #compare(tracked: Tracked): ComparedUpstream {
    const isOfService = (ip: string) => this.#options.cluster.serviceOfClusterIp(ip) !== undefined;
    return tracked.mapped.isStatic ? NOTHING_COMPARED : this.#comparison.compare(comparable(tracked, isOfService));
  }

  #read(tracked: Tracked, upstream: UpstreamInUse, read: ProxyRead): Tracked {
    if (tracked.upstream === upstream && tracked.isRead) return tracked;
    tracked.isRead = true;
    tracked.readAtMs = read.atMs;
    tracked.upstream = upstream;
    tracked.addresses = addressesOf(upstream);
    this.used.put(tracked);
    this.#map(tracked);
    this.#dirty.add(tracked);
    this.#sayUse(tracked, read);
    return tracked;
  }

  #remap(tracked: Tracked): void {
    const { readAtMs } = tracked.of.latest;
    if (this.#map(tracked)) this.#sayUse(tracked, { atMs: readAtMs, beforeMs: readAtMs });
  }

  #sayUse({ key, of, upstream, mapped, addresses }: Tracked, read: ProxyRead): void {
    const use = { key, viewKey: of.key, view: of.latest, upstream: upstream.name, mapped, addresses };
    this.#options.uses?.changed(use, read);
  }

  /** True when it stands for something else now. */
  #map(tracked: Tracked): boolean {
    const before = tracked.mapped;
    const after = this.#options.mapping.map(tracked.of.latest, tracked.upstream, tracked.key);
    tracked.mapped = after;
    if (before !== after) this.used.touch();
    if (isSameService(before, after)) return false;
    if (before.service) removeFrom(this.#byService, before.service.service, tracked);
    if (after.service) addTo(this.#byService, after.service.service, tracked);
    this.#comparison.forget(tracked.key);
    this.#dirty.add(tracked);
    return true;
  }

  #untrack(tracked: Tracked, atMs?: number): void {
    this.#hush(tracked, atMs);
    this.#options.mapping.forget(tracked.key);
  }

  /** Nothing is said of it until it is read again. */
  #hush(tracked: Tracked, atMs = this.#options.clock.now()): void {
    this.used.remove(tracked, atMs);
    if (tracked.mapped.service) removeFrom(this.#byService, tracked.mapped.service.service, tracked);
    this.#comparison.forget(tracked.key);
    this.#dirty.delete(tracked);
    [tracked.mapped, tracked.compared, tracked.isRead] = [UNMAPPED, NOTHING_COMPARED, false];
    this.#isAnyGone = true;
  }

  /** Upstreams of the Service, and those of any that use an address which comes or goes: it may now be another's. */
  #sliceChanged(before: EndpointSlice | null, after: EndpointSlice | null): void {
    for (const slice of [before, after]) {
      if (slice === null) continue;
      for (const tracked of allOf(this.#byService, slice.service)) {
        if (tracked.compared.isWaiting) this.#comparison.glimpseUnused(tracked.key, slice);
        this.#dirty.add(tracked);
      }
      for (const endpoint of slice.endpoints)
        for (const tracked of this.used.at(endpoint.ip)) this.#touch(tracked, slice, endpoint);
    }
  }

  /** An upstream that stands for no known Service may be found by its addresses. */
  #touch(tracked: Tracked, slice: EndpointSlice, endpoint: Endpoint): void {
    const { service } = tracked.mapped;
    if (service === null) this.#remap(tracked);
    else if (tracked.compared.isWaiting) this.#comparison.glimpse(tracked.key, slice, endpoint);
    this.#dirty.add(tracked);
  }
}
