import type { EndpointSlice, EndpointState } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { UpstreamInUse, UpstreamSink, UpstreamsView } from '../contract/upstream.ts';
import type { ClusterState } from './cluster-state.ts';
import type { SocketAddress, WasOwner } from './endpoint-states.ts';
import { HoldDown } from './hold-down.ts';
import { type MappedService, type Mapping, preferBest, type TrackedUpstream } from './tracked-upstream.ts';
import { type ComparedUpstream, NO_ADDRESSES, UpstreamComparison, type UsedAddress } from './upstream-comparison.ts';

interface View {
  readonly key: string;
  latest: UpstreamsView;
  upstreams: ReadonlyMap<string, Tracked>;
  /** Its proxy has not been read for too long. */
  isOld: boolean;
}

interface Tracked {
  readonly key: string;
  readonly of: View;
  upstream: UpstreamInUse;
  addresses: readonly UsedAddress[];
  mapped: MappedService;
  compared: ComparedUpstream;
  isRead: boolean;
}

export interface UpstreamTruthOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly mapping: Mapping;
  readonly wasOwner: WasOwner;
  readonly holdDownMs?: number;
  /** How old a view of a proxy may be before nothing is said of it. */
  readonly viewStaleAfterMs: number;
}

/** What is remembered of a Service that is gone runs out without any event. */
const REMAP_MS = 600_000;
const UNMAPPED: MappedService = { service: null, portNumber: '', method: 'none', isStatic: false };
const NOTHING: ComparedUpstream = { counts: NO_ADDRESSES, addresses: [], driftSinceMs: null, isWaiting: false };

/**
 * What every running proxy uses against what the EndpointSlices say, kept up to date as either changes: only upstreams
 * that a change can touch are compared again.
 */
export class UpstreamTruth implements UpstreamSink {
  readonly #options: UpstreamTruthOptions;
  readonly #comparison: UpstreamComparison;
  readonly #views = new Map<string, View>();
  readonly #byService = new Map<string, Set<Tracked>>();
  readonly #byIp = new Map<string, Set<Tracked>>();
  readonly #dirty = new Set<Tracked>();
  #isRemapNeeded = false;
  #remapMs = 0;
  #wasFresh = false;

  constructor(options: UpstreamTruthOptions) {
    this.#options = options;
    const { clock, cluster, wasOwner, holdDownMs } = options;
    this.#comparison = new UpstreamComparison({
      index: cluster.index,
      holdDown: new HoldDown<EndpointState>({
        clock,
        ...(holdDownMs === undefined ? {} : { milliseconds: holdDownMs }),
      }),
      isFresh: () => this.isFresh(),
      wasOwner,
    });
    cluster.listen({
      slice: (before, after) => this.#sliceChanged(before, after),
      service: () => {
        this.#isRemapNeeded = true;
      },
    });
  }

  isFresh(): boolean {
    return this.#options.cluster.freshness('endpointslices') === 'fresh';
  }

  report(key: string, latest: UpstreamsView): void {
    const view = this.#views.get(key) ?? { key, latest, upstreams: new Map(), isOld: false };
    view.latest = latest;
    const after = new Map<string, Tracked>();
    for (const upstream of latest.upstreams) {
      const known = view.upstreams.get(upstream.name);
      after.set(upstream.name, this.#read(known ?? newTracked(view, upstream), upstream));
    }
    for (const [name, tracked] of view.upstreams) if (!after.has(name)) this.#untrack(tracked);
    view.upstreams = after;
    this.#views.set(key, view);
  }

  remove(key: string): void {
    for (const tracked of this.#views.get(key)?.upstreams.values() ?? []) this.#untrack(tracked);
    this.#views.delete(key);
  }

  /** Compares what has changed, and what is held back, again. Call it about once a second and before it is shown. */
  evaluate(): void {
    this.#noticeAge();
    const nowMs = this.#options.clock.now();
    if (nowMs >= this.#remapMs) this.#isRemapNeeded = true;
    if (this.#isRemapNeeded) for (const tracked of this.#all()) this.#map(tracked);
    if (this.#isRemapNeeded) this.#remapMs = nowMs + REMAP_MS;
    this.#isRemapNeeded = false;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const tracked of dirty) {
      tracked.compared = this.#compare(tracked);
      if (tracked.compared.isWaiting) this.#dirty.add(tracked);
    }
  }

  /** All upstreams, each once: as the source knows it that knows most. */
  upstreams(): TrackedUpstream[] {
    return preferBest(
      [...this.#all()].map(({ key, of, upstream, mapped, compared }) => ({
        key,
        view: of.latest,
        upstream,
        mapped,
        compared,
      })),
    );
  }

  isEmpty(): boolean {
    return this.#views.size === 0;
  }

  /** Every proxy that is seen, by the source that sees it. */
  views(): UpstreamsView[] {
    return [...this.#views.values()].map(({ latest }) => latest);
  }

  /** A request of `upstream` to the address failed: what was last found of it is said without waiting. */
  hit(key: string, name: string, address: SocketAddress): void {
    const tracked = this.#views.get(key)?.upstreams.get(name);
    if (tracked === undefined) return;
    this.#comparison.hit(tracked.key, address);
    this.#dirty.add(tracked);
  }

  *#all(): Generator<Tracked> {
    for (const { upstreams } of this.#views.values()) yield* upstreams.values();
  }

  /** Slices or proxies that have not been read for too long, or are read again. */
  #noticeAge(): void {
    const isFresh = this.isFresh();
    const nowMs = this.#options.clock.now();
    for (const view of this.#views.values()) {
      const isOld = nowMs - view.latest.readAtMs > this.#options.viewStaleAfterMs;
      if (isOld === view.isOld && isFresh === this.#wasFresh) continue;
      view.isOld = isOld;
      for (const tracked of view.upstreams.values()) this.#dirty.add(tracked);
    }
    this.#wasFresh = isFresh;
  }

  #compare({ key, of, mapped, addresses }: Tracked): ComparedUpstream {
    if (mapped.isStatic) return NOTHING;
    const { cluster } = this.#options;
    // A Service's own address beside those of pods.
    const ofPods = addresses.filter(({ ip }) => cluster.serviceOfClusterIp(ip) === undefined);
    return this.#comparison.compare({ key, service: of.isOld ? null : mapped.service, addresses: ofPods });
  }

  #read(tracked: Tracked, upstream: UpstreamInUse): Tracked {
    if (tracked.upstream === upstream && tracked.isRead) return tracked;
    for (const { ip } of tracked.addresses) remove(this.#byIp, ip, tracked);
    tracked.isRead = true;
    tracked.upstream = upstream;
    tracked.addresses = upstream.servers.flatMap(({ kind, host, port, isDraining }) =>
      kind === 'ip' && port !== null ? [{ ip: host, port, isDraining }] : [],
    );
    for (const { ip } of tracked.addresses) add(this.#byIp, ip, tracked);
    this.#map(tracked);
    this.#dirty.add(tracked);
    return tracked;
  }

  #map(tracked: Tracked): void {
    const before = tracked.mapped;
    const after = this.#options.mapping.map(tracked.of.latest, tracked.upstream, tracked.key);
    tracked.mapped = after;
    if (
      before.service?.service === after.service?.service &&
      before.service?.portName === after.service?.portName &&
      before.isStatic === after.isStatic
    )
      return;
    if (before.service) remove(this.#byService, before.service.service, tracked);
    if (after.service) add(this.#byService, after.service.service, tracked);
    this.#comparison.forget(tracked.key);
    this.#dirty.add(tracked);
  }

  #untrack(tracked: Tracked): void {
    for (const { ip } of tracked.addresses) remove(this.#byIp, ip, tracked);
    if (tracked.mapped.service) remove(this.#byService, tracked.mapped.service.service, tracked);
    this.#comparison.forget(tracked.key);
    this.#options.mapping.forget(tracked.key);
    this.#dirty.delete(tracked);
  }

  /** Upstreams of the Service, and those of any that use an address which comes or goes: it may now be another's. */
  #sliceChanged(before: EndpointSlice | null, after: EndpointSlice | null): void {
    for (const slice of [before, after]) {
      if (slice === null) continue;
      for (const tracked of this.#byService.get(slice.service) ?? []) this.#dirty.add(tracked);
      for (const { ip } of slice.endpoints) for (const tracked of this.#byIp.get(ip) ?? []) this.#touch(tracked);
    }
  }

  /** An upstream that stands for no known Service may be found by its addresses. */
  #touch(tracked: Tracked): void {
    if (tracked.mapped.service === null) this.#map(tracked);
    this.#dirty.add(tracked);
  }
}

function newTracked(of: View, upstream: UpstreamInUse): Tracked {
  const key = `${of.key} ${upstream.name}`;
  return { key, of, upstream, addresses: [], mapped: UNMAPPED, compared: NOTHING, isRead: false };
}

function add<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  if (values) values.add(value);
  else index.set(key, new Set([value]));
}

function remove<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
