import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { SliceLog } from './slice-log.ts';

/** A list of one Service's slices comes within this time. */
const LISTED_WITHIN_MS = 1_000;

interface FollowedService {
  readonly firstMs: number;
  /** Milliseconds since the epoch; null before the first change. */
  changedMs: number | null;
}

export interface SliceChangesOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  /** Made before: it hears of a change first. */
  readonly log: SliceLog;
}

/** When the slices of each Service last changed in what the log keeps: addresses, their pods and conditions, ports. */
export class SliceChanges {
  readonly #options: SliceChangesOptions;
  readonly #services = new Map<string, FollowedService>();

  constructor(options: SliceChangesOptions) {
    this.#options = options;
    options.cluster.listen({
      slice: (before, after) => {
        if (before !== null) this.#look(before.service);
        if (after !== null && after.service !== before?.service) this.#look(after.service);
      },
    });
  }

  /** Of `namespace/name`, milliseconds since the epoch, by when it was heard of; null: not known. */
  changedMs(service: string): number | null {
    if (this.#options.cluster.freshness('endpointslices') !== 'fresh') return null;
    return this.#services.get(service)?.changedMs ?? null;
  }

  #look(service: string): void {
    const { clock, cluster, log } = this.#options;
    const [slice] = cluster.index.slicesOf(service);
    if (slice === undefined) {
      // The Service may only be wanted no more: what happens until it is listed again nobody hears.
      this.#services.delete(service);
      return;
    }
    const known = this.#services.get(service);
    const nowMs = clock.now();
    if (known === undefined) this.#services.set(service, { firstMs: nowMs, changedMs: null });
    else if (nowMs - known.firstMs > LISTED_WITHIN_MS && log.changesIn(service).at(-1)?.version === log.version)
      known.changedMs = nowMs;
  }
}
