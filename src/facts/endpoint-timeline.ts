import type { EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex, LocatedEndpoint } from './endpoint-index.ts';
import { type ServicePort, type SocketAddress, stateAmong } from './endpoint-states.ts';
import type { PastOwners } from './past-owners.ts';
import { merge, type Phase } from './phase-span.ts';
import { ReadyCounts, type ReadyPort } from './ready-counts.ts';
import type { SaidEndpoint } from './said-endpoints.ts';
import { type EndpointChange, momentsOf, type SliceLog } from './slice-log.ts';

/** Several slices of a Service are not written at once: an endpoint may be in none of them for so long. */
export const REWRITE_MS = 1_000;

export type AddressPhase = Phase<EndpointState> & {
  /** The endpoints that had the address in the phase's first moment. */
  readonly at: readonly LocatedEndpoint[];
  /** What was last said of it. */
  said?: SaidEndpoint;
};

/** Of the endpoints that had the address in a phase, the Service's. */
export function endpointOf({ at }: AddressPhase, service: string): LocatedEndpoint | undefined {
  for (const one of at) if (one.endpoint.podName !== '' && one.slice.service === service) return one;
  return at[0];
}

export interface TimelineOptions extends PastOwners {
  readonly index: EndpointIndex;
  readonly log: SliceLog;
}

const NO_PHASES: readonly AddressPhase[] = [];
/** No endpoint of the Service has the address: so it is too while it is moved from one slice to another. */
const ABSENT: ReadonlySet<EndpointState> = new Set(['stale', 'foreign', 'port_drift']);
/** Addresses whose phases are remembered. */
const MOST_REMEMBERED = 20_000;

interface Remembered {
  readonly of: ServicePort;
  readonly port: number;
  readonly knownMs: number;
  readonly followedMs: number | null;
  readonly phases: AddressPhase[];
}

/** What addresses were to their Services (definitions: docs/upstreams.md), phase after phase. */
export class EndpointTimeline {
  readonly #options: TimelineOptions;
  readonly #ready: ReadyCounts;
  /** By address, as long as nothing changes: what has failed fails again. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.#ready = new ReadyCounts(options);
    options.log.listen((stale) => {
      if (stale === null) this.#remembered.clear();
      else if (this.#remembered.size > 0) for (const { ip } of stale) this.#remembered.delete(ip);
    });
  }

  /** Another number whenever any slice has changed. */
  get version(): number {
    return this.#options.log.version;
  }

  /**
   * The states of the address, the oldest first; none when the Service was not known at `untilMs` (milliseconds since the epoch). An address that was in no slice for less than
   * REWRITE_MS was being moved, and had its next state all the time.
   */
  statesOf(of: ServicePort, address: SocketAddress, untilMs = Number.POSITIVE_INFINITY): readonly AddressPhase[] {
    const { log } = this.#options;
    const remembered = this.#remembered.get(address.ip);
    if (remembered !== undefined && isAbout(remembered, of, address) && remembered.followedMs === log.followedMs)
      return remembered.knownMs > untilMs ? NO_PHASES : remembered.phases;
    const service = log.service(of.service);
    const knownMs = service === undefined ? null : log.knownSinceMs(service);
    if (knownMs === null || knownMs > untilMs) return NO_PHASES;
    const phases = this.#find(of, address, knownMs);
    if (phases.every(isByOwnSlices)) {
      if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
      const { followedMs } = log;
      this.#remembered.set(address.ip, { of, port: address.port, knownMs, followedMs, phases });
    }
    return phases;
  }

  #find(of: ServicePort, address: SocketAddress, knownMs: number): AddressPhase[] {
    const { index, log } = this.#options;
    const changes = log.changesOf(address.ip);
    if (changes.length === 0) {
      const at = index.at(address.ip);
      return [{ value: stateAmong(at, of, address, this.#options), sinceMs: null, at }];
    }
    const here = new Map(index.at(address.ip).map((located) => [located.slice.key, located]));
    const state = (at: readonly LocatedEndpoint[]) => stateAmong(at, of, address, this.#options);
    const phases: AddressPhase[] = [];
    for (const group of momentsOf(changes, knownMs)) {
      const at = [...here.values()];
      phases.push({ value: state(at), sinceMs: group[0].atMs, at });
      undo(here, group);
    }
    const at = [...here.values()];
    phases.push({ value: state(at), sinceMs: null, at });
    return withoutMoves(withoutArrival(merge(phases.reverse()), knownMs));
  }

  /** How many endpoints of the port were ready. */
  readyOf(of: ServicePort): ReadyPort {
    return this.#ready.of(of);
  }
}

function isAbout(remembered: Remembered, of: ServicePort, { port }: SocketAddress): boolean {
  const { service, portName } = remembered.of;
  return remembered.port === port && service === of.service && portName === of.portName;
}

/** Whose another Service's address was is forgotten in time. */
function isByOwnSlices({ value, at }: AddressPhase): boolean {
  return value !== 'foreign' && (value !== 'stale' || at.length === 0);
}

function undo(here: Map<string, LocatedEndpoint>, group: readonly EndpointChange[]): void {
  for (const { key, before } of group) {
    if (before === null) here.delete(key);
    else here.set(key, before);
  }
}

/** The slices of a Service that is new to us come one after the other. */
function withoutArrival(phases: readonly AddressPhase[], knownMs: number): readonly AddressPhase[] {
  const [first, second, ...more] = phases;
  if (second === undefined || !ABSENT.has(first.value) || second.sinceMs! - knownMs >= REWRITE_MS) return phases;
  return [{ ...second, sinceMs: null }, ...more];
}

function withoutMoves(phases: readonly AddressPhase[]): AddressPhase[] {
  const kept: AddressPhase[] = [];
  for (const phase of phases) {
    const fromMs = startOfAbsence(kept);
    const isMoved = !ABSENT.has(phase.value) && fromMs !== undefined && phase.sinceMs! - fromMs < REWRITE_MS;
    if (!isMoved) {
      kept.push(phase);
      continue;
    }
    while (ABSENT.has(kept.at(-1)?.value as EndpointState)) kept.pop();
    kept.push({ ...phase, sinceMs: fromMs });
  }
  return merge(kept);
}

/** When the absence began that is the last of these phases; undefined: it is none, or nobody saw it begin. */
function startOfAbsence(phases: readonly AddressPhase[]): number | undefined {
  let fromMs: number | null | undefined;
  for (let at = phases.length - 1; at >= 0 && ABSENT.has(phases[at].value); at--) fromMs = phases[at].sinceMs;
  return fromMs ?? undefined;
}
