import type { EndpointSlice } from '../contract/endpoint.ts';
import type { Change } from '../contract/evidence.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ControllerPresence } from './controller-presence.ts';

const MOST_SERVICES = 1_000;
const MOST_NAMED = 3;

export interface MissedChangesOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly presence: ControllerPresence;
  readonly controllers: () => readonly string[];
  readonly changed: (change: Change) => void;
  /** Endpoints of the Service (`namespace/name`) changed while no controller was there to tell the gateways. */
  readonly missed: (service: string) => void;
}

interface Missed {
  readonly atMs: number;
  readonly downSinceMs: number;
  readonly came: Set<string>;
  readonly left: Set<string>;
}

/** Flags changes of endpoints that happen while no controller is ready: the gateways hear of them only when it is back, if at all. */
export class MissedChanges {
  readonly #options: MissedChangesOptions;
  /** Since the last look; an address that moves from slice to slice leaves and comes. */
  readonly #missed = new Map<string, Missed>();

  constructor(options: MissedChangesOptions) {
    this.#options = options;
    options.cluster.listen({ slice: (before, after) => this.#slice(before, after) });
  }

  /** Tells what has changed since the last look. @param used Services that gateways send to, `namespace/name` */
  look(used: ReadonlySet<string>): void {
    for (const [service, { atMs, downSinceMs, came, left }] of this.#missed) {
      if (!used.has(service) || came.size + left.size === 0) continue;
      const { controllers, changed, missed } = this.#options;
      const what = [...named(left, 'left'), ...named(came, 'came')].join(', ');
      const since = new Date(downSinceMs).toISOString().slice(11, 19);
      const text = `missed_while_controller_down: endpoints of ${service} changed (${what}) while ${controllers().join(', ')} has had no ready endpoint since ${since}`;
      changed({ kind: 'warning', atMs, subject: null, service, text });
      missed(service);
    }
    this.#missed.clear();
  }

  #slice(before: EndpointSlice | null, after: EndpointSlice | null): void {
    const { cluster, presence, controllers, clock } = this.#options;
    const { downSinceMs } = presence;
    // What is listed at first, or after a time without contact, may have changed at any time.
    if (downSinceMs === null || !cluster.areSlicesCurrent()) return;
    const { service } = (after ?? before)!;
    if (controllers().includes(service)) return;
    const [had, has] = [readyOf(before), readyOf(after)];
    const came = [...has].filter((ip) => !had.has(ip));
    const left = [...had].filter((ip) => !has.has(ip));
    if (came.length + left.length === 0) return;
    const known = this.#missed.get(service);
    if (known === undefined && this.#missed.size >= MOST_SERVICES) return;
    const missed = known ?? { atMs: clock.now(), downSinceMs, came: new Set<string>(), left: new Set<string>() };
    this.#missed.set(service, missed);
    for (const ip of came) if (!missed.left.delete(ip)) missed.came.add(ip);
    for (const ip of left) if (!missed.came.delete(ip)) missed.left.add(ip);
  }
}

function readyOf(slice: EndpointSlice | null): ReadonlySet<string> {
  const ready = slice?.endpoints.filter((one) => one.ready) ?? [];
  return new Set(ready.map(({ ip }) => ip));
}

/** `10.0.0.1, 10.0.0.2 and 4 more left` */
function named(ips: ReadonlySet<string>, verb: string): string[] {
  if (ips.size === 0) return [];
  const more = ips.size > MOST_NAMED ? ` and ${ips.size - MOST_NAMED} more` : '';
  return [`${[...ips].slice(0, MOST_NAMED).join(', ')}${more} ${verb}`];
}
