import type { Observation } from '../contract/failure.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';

/** What nothing lists is known to be used after the next look at what was seen. */
const SEEN_MS = 2_000;
/** By then proxies and cluster have been looked at for the first time. */
const STARTING_MS = 10_000;

/** Whether what nobody knows yet of an address may be known in a moment: after a start lines are read before anything else. */
export class FirstLooks {
  readonly #clock: Clock;
  readonly #cluster: ClusterState;
  readonly #beganMs: number;

  constructor(clock: Clock, cluster: ClusterState) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#beganMs = clock.now();
  }

  /** That a proxy uses it. */
  mayBeSeen(of: Observation): boolean {
    const { atMs, readMs = atMs } = of;
    const isAwaited = this.#cluster.freshness('endpointslices') !== 'unwatched';
    return (isAwaited && this.#clock.now() < readMs + SEEN_MS) || this.#isStarting(of);
  }

  /** For which Service. One whose API cannot be reached is not waited for at each failure. */
  mayBeListed(of: Observation): boolean {
    const services = this.#cluster.freshness('services');
    const slices = this.#cluster.freshness('endpointslices');
    const isListing = services === 'pending' || slices === 'pending';
    return (isListing && this.#isYoung()) || (services === 'unwatched' && this.#isStarting(of));
  }

  #isStarting({ isLate }: Observation): boolean {
    const isAsked = this.#cluster.isOffered() && this.#cluster.freshness('endpointslices') === 'unwatched';
    return (isLate === true || isAsked) && this.#isYoung();
  }

  #isYoung(): boolean {
    return Math.abs(this.#clock.now() - this.#beganMs) < STARTING_MS;
  }
}
