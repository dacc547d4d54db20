import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';

export interface ControllerPresenceOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  /** Services of the controllers, `namespace/name`. */
  readonly controllers: () => readonly string[];
}

/** When the controller that is ready now came. */
export interface ControllerStart {
  readonly atMs: number;
  /** A pod that was not there before; else one that was ready before is so again. */
  readonly isNewPod: boolean;
}

/** One ready endpoint of a controller; null: it was there when the slices were first listed. */
interface Ready {
  readonly start: ControllerStart | null;
}

const MOST_FORMER = 1_000;
const NONE: ReadonlySet<string> = new Set();

/** Follows whether the controllers of gateways have a ready endpoint, and since when. */
export class ControllerPresence {
  readonly #options: ControllerPresenceOptions;
  #ready = new Map<string, Ready>();
  /** Pods that were ready and are not any more. */
  readonly #former = new Set<string>();
  #downSinceMs: number | null = null;

  constructor(options: ControllerPresenceOptions) {
    this.#options = options;
    options.cluster.listen({ slice: (before, after) => this.#slice(before, after) });
  }

  /** Ready endpoints of all controllers; null: not known, or a Service of that name is not there. */
  ready(): number | null {
    const { cluster, controllers } = this.#options;
    if (cluster.freshness('endpointslices') !== 'fresh') return null;
    const known = controllers().filter((key) => cluster.service(key) !== undefined);
    return known.length === 0 ? null : this.#pods(known).size;
  }

  /** Brings it up to date: Services and controllers come and go, and contact is lost. */
  look(): void {
    this.#follow(NONE);
  }

  /** Since when no controller has had a ready endpoint, as far as that was followed; null: one has, or it is not known. */
  get downSinceMs(): number | null {
    return this.#downSinceMs;
  }

  /** Of the endpoint that has been ready for longest; null: none is, or it was there before anybody looked. */
  start(): ControllerStart | null {
    let first: ControllerStart | null = null;
    for (const { start } of this.#ready.values()) {
      if (start === null) return null;
      if (first === null || start.atMs < first.atMs) first = start;
    }
    return first;
  }

  #slice(before: EndpointSlice | null, after: EndpointSlice | null): void {
    const { cluster, controllers } = this.#options;
    if (!controllers().includes((after ?? before)!.service)) return;
    // What is listed at first, or heard of after a time without contact, may have been so for long.
    const isNews = before !== null && after !== null && cluster.areSlicesCurrent();
    const had = isNews ? readyOf(before) : NONE;
    const came = isNews ? [...readyOf(after)].filter((pod) => !had.has(pod)) : [];
    this.#follow(new Set(came));
  }

  #follow(came: ReadonlySet<string>): void {
    const { clock, controllers } = this.#options;
    const before = this.#ready;
    const now = new Map<string, Ready>();
    for (const pod of this.#pods(controllers())) {
      const start = came.has(pod) ? { atMs: clock.now(), isNewPod: !this.#former.has(pod) } : null;
      now.set(pod, before.get(pod) ?? { start });
    }
    for (const pod of before.keys()) if (!now.has(pod)) this.#former.add(pod);
    for (const pod of this.#former) {
      if (this.#former.size <= MOST_FORMER) break;
      this.#former.delete(pod);
    }
    this.#ready = now;
    if (this.#isDown()) this.#downSinceMs ??= clock.now();
    else this.#downSinceMs = null;
  }

  /** Slices of a Service without a pod are there and empty; without any slice they have not been listed. */
  #isDown(): boolean {
    const { cluster, controllers } = this.#options;
    return this.ready() === 0 && controllers().some((key) => [...cluster.index.slicesOf(key)].length > 0);
  }

  #pods(controllers: readonly string[]): Set<string> {
    const pods = new Set<string>();
    for (const key of controllers)
      for (const slice of this.#options.cluster.index.slicesOf(key)) for (const pod of readyOf(slice)) pods.add(pod);
    return pods;
  }
}

function readyOf({ endpoints }: EndpointSlice): Set<string> {
  return new Set(endpoints.flatMap(({ ready, podUid, ip }) => (ready ? [podUid || ip] : [])));
}
