import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ServicePort } from './endpoint-states.ts';
import { GapCluster } from './gap-cluster.ts';
import type { GapSink, ProxyRead, UpstreamUse, UseListener } from './gap-sink.ts';
import type { GapSurroundings } from './gap-start.ts';
import { Budget } from './pending.ts';
import { RecentLosses } from './recent-losses.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';
import { transitionsOf } from './slice-transitions.ts';
import { gatewayKey, SOURCE_RANKS } from './tracked-upstream.ts';
import { UpstreamGaps } from './upstream-gaps.ts';

const SWEEP_EVERY_MS = 5_000;
const MOST_PENDING = 10_000;
/** Proxies that are out of sight and may come back. */
const MOST_REMEMBERED = 10_000;

export interface EndpointGapsOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly sink: GapSink;
  /** How far apart two reads of a proxy may be. */
  readonly viewStaleAfterMs: number;
  readonly mostPending?: number;
}

interface SeenView {
  /** It was out of sight for a while. */
  readonly isReturned: boolean;
  readonly firstMs: number;
  readonly upstreams: Set<UpstreamGaps>;
}

/**
 * How long running proxies keep addresses that are not ready any more (death gap), and how long new ones take to get there
 * (propagation). Measured by our own clock, between what our watch of the slices sees and what proxies are read to use;
 * definitions and edge cases: docs/upstreams.md.
 */
export class EndpointGaps implements UseListener {
  readonly #around: GapSurroundings;
  readonly #sink: GapSink;
  readonly #upstreams = new Map<string, UpstreamGaps>();
  readonly #views = new Map<string, SeenView>();
  readonly #outOfSight = new Set<string>();
  readonly #byPort: SetIndex<UpstreamGaps> = new Map();
  /** Of several sources that know an upstream, the best one counts. */
  readonly #byName: SetIndex<UpstreamGaps> = new Map();
  /** Every change of the slices is seen. */
  #isFollowing = false;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, cluster, sink, viewStaleAfterMs, mostPending = MOST_PENDING }: EndpointGapsOptions) {
    this.#sink = sink;
    this.#around = {
      ...{ clock, cluster: new GapCluster(cluster), losses: new RecentLosses(), longestReadMs: viewStaleAfterMs },
      budget: new Budget(mostPending),
    };
    cluster.listen({ slice: (before, after) => this.#sliceChanged(cluster, before, after) });
  }

  /** Measurements that are under way. */
  get pending(): number {
    return this.#around.budget.used;
  }

  /** Notices that the slices grow old, and gives up what has waited long enough. Call it about once a second. */
  look(): void {
    this.#noticeAge();
    const nowMs = this.#around.clock.now();
    if (Math.abs(nowMs - this.#sweptMs) < SWEEP_EVERY_MS) return;
    this.#sweptMs = nowMs;
    for (const gaps of [...this.#upstreams.values()]) {
      gaps.sweep(nowMs, this.#isFollowing);
      if (gaps.isOver) this.#forget(gaps);
    }
  }

  changed(use: UpstreamUse, read: ProxyRead): void {
    // Never all that it uses: that one is not among them says nothing.
    if (use.view.source === 'observed') return;
    this.#noticeAge();
    const view = this.#viewOf(use, read);
    const gaps = this.#upstreams.get(use.key) ?? this.#follow(use);
    view.upstreams.add(gaps);
    const before = gaps.service;
    gaps.change(use, read, {
      isFollowing: this.#isFollowing,
      isReturned: view.isReturned && view.firstMs === read.atMs,
    });
    if (before === gaps.service) return;
    if (before) removeFrom(this.#byPort, portKey(before), gaps);
    if (gaps.service) addTo(this.#byPort, portKey(gaps.service), gaps);
  }

  dropped(key: string, read: ProxyRead): void {
    this.#noticeAge();
    this.#upstreams.get(key)?.drop(read);
  }

  gone(viewKey: string): void {
    const view = this.#views.get(viewKey);
    if (view === undefined) return;
    for (const gaps of view.upstreams) {
      gaps.close();
      this.#forget(gaps);
    }
    this.#views.delete(viewKey);
    this.#outOfSight.add(viewKey);
    for (const oldest of this.#outOfSight) {
      if (this.#outOfSight.size <= MOST_REMEMBERED) return;
      this.#outOfSight.delete(oldest);
    }
  }

  #viewOf({ viewKey, view }: UpstreamUse, { atMs }: ProxyRead): SeenView {
    const known = this.#views.get(viewKey);
    if (known) return known;
    const seen: SeenView = { isReturned: this.#outOfSight.delete(viewKey), firstMs: atMs, upstreams: new Set() };
    this.#views.set(viewKey, seen);
    this.#sink.present(view);
    return seen;
  }

  #follow(use: UpstreamUse): UpstreamGaps {
    const gaps = new UpstreamGaps(use, this.#around, (said) => (this.#isBest(said) ? this.#sink : SILENT));
    this.#upstreams.set(use.key, gaps);
    addTo(this.#byName, nameKey(use), gaps);
    return gaps;
  }

  #forget(gaps: UpstreamGaps): void {
    const { use, service } = gaps;
    this.#upstreams.delete(use.key);
    this.#views.get(use.viewKey)?.upstreams.delete(gaps);
    removeFrom(this.#byName, nameKey(use), gaps);
    if (service) removeFrom(this.#byPort, portKey(service), gaps);
  }

  #isBest(gaps: UpstreamGaps): boolean {
    const rankOf = ({ use }: UpstreamGaps) => SOURCE_RANKS[use.view.source];
    const all = [...allOf(this.#byName, nameKey(gaps.use))];
    return all.reduce((best, other) => (rankOf(other) > rankOf(best) ? other : best), all[0]) === gaps;
  }

  #noticeAge(): void {
    const isFresh = this.#around.cluster.isFresh();
    if (isFresh === this.#isFollowing) return;
    this.#isFollowing = isFresh;
    for (const gaps of this.#upstreams.values()) {
      if (isFresh) gaps.resume();
      else gaps.suspend();
    }
  }

  #sliceChanged({ index }: ClusterState, before: EndpointSlice | null, after: EndpointSlice | null): void {
    this.#noticeAge();
    if (!this.#isFollowing) return;
    const nowMs = this.#around.clock.now();
    for (const transition of transitionsOf(index, before, after)) {
      this.#around.losses.note(transition, nowMs);
      for (const gaps of allOf(this.#byPort, portKey(transition))) gaps.transition(transition);
    }
  }
}

const SILENT: GapSink = {
  present() {},
  deathGap() {},
  propagation() {},
  flap() {},
  deathGapUnknown() {},
  propagationUnknown() {},
};

function portKey({ service, portName }: ServicePort): string {
  return `${service} ${portName}`;
}

function nameKey({ view, upstream }: UpstreamUse): string {
  return `${gatewayKey(view)}\xff${upstream}`;
}
