import type { Clock } from '../contract/unit.ts';
import { pending, type Unknown, unknown } from './answer.ts';
import type { ClusterState } from './cluster-state.ts';
import { Doubts } from './doubts.ts';
import type { AddressUse } from './used-addresses.ts';

/** A watch that said something so long before has hardly ended since: it is not asked again for every failure. */
const PROVEN_MS = 15_000;
/** The watch is so much later than the cluster; a pod that goes is gone before we hear of it. */
const LATE_MS = 1_000;

/** Until when the EndpointSlices were heard of, and why nothing can be said of a moment. */
export class SliceNews {
  readonly #cluster: ClusterState;
  readonly #clock: Clock;
  readonly #doubts: Doubts;

  constructor(cluster: ClusterState, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#doubts = new Doubts(clock);
  }

  /** An answer waits until the slices are known as of this moment; null: none does. */
  doubtMs(): number | null {
    return this.#doubts.of(this.#cluster.knownUntilMs('endpointslices'));
  }

  /** Why nothing can be said of the slices at that moment. */
  missing(atMs: number): Unknown | null {
    const cluster = this.#cluster;
    const freshness = cluster.freshness('endpointslices');
    if (freshness === 'unwatched') return unknown('nothing says what the EndpointSlices are');
    if (freshness === 'pending') return pending('the EndpointSlices are being listed', 'endpoints');
    if (freshness === 'stale') return unknown('the EndpointSlices are older than they may be');
    if ((cluster.followedSinceMs('endpointslices') ?? 0) > atMs)
      return unknown('the EndpointSlices were not known yet');
    const isInContact = Number.isFinite(cluster.knownUntilMs('endpointslices'));
    if (isInContact && cluster.currentAtMs('endpointslices')! >= atMs - PROVEN_MS) return null;
    this.#doubts.ask(atMs);
    return pending('nothing was heard of the EndpointSlices since', 'endpoints');
  }

  /** What was so at that moment may have been told later, up to now: not yet long enough after it. */
  mayChange(atMs: number): boolean {
    return Math.max(this.#clock.now(), this.#cluster.knownUntilMs('endpointslices')) < atMs + LATE_MS;
  }

  /** Changes that were heard of until then may have been there at the moment: after a time without contact they come at its end. */
  heardUntilMs(atMs: number): number {
    const gap = this.#cluster.lastGap('endpointslices');
    const isInGap = gap !== undefined && gap.fromMs <= atMs && atMs <= gap.untilMs;
    return Math.max(atMs + LATE_MS, isInGap ? gap.untilMs : 0);
  }

  /**
   * What the proxy has taken since the slices were last heard of may be newer than they are. Of what was only seen to be used nobody knows when
   * it was taken, and its Service only because the slices had it before.
   */
  areBehind({ view, sinceMs, untilMs }: AddressUse): boolean {
    if (untilMs !== null || view.source === 'observed') return false;
    if (this.#cluster.knownUntilMs('endpointslices') >= sinceMs) return false;
    this.#doubts.ask(sinceMs);
    return true;
  }
}
