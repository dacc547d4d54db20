import type { EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex, LocatedEndpoint } from './endpoint-index.ts';
import { type ServicePort, type SocketAddress, stateOfAddress, type WasOwner } from './endpoint-states.ts';
import type { EndpointChange, SliceLog } from './slice-log.ts';

/** Several slices of a Service are not written at once: an endpoint may be in none of them for so long. */
export const REWRITE_MS = 1_000;

/** A state of an address, or a number of ready endpoints, from a moment on. */
export interface Phase<T> {
  readonly value: T;
  /** Milliseconds since the epoch; null: from before anybody looked. */
  readonly sinceMs: number | null;
}

export type AddressPhase = Phase<EndpointState> & {
  /** The endpoints that had the address in the phase's first moment. */
  readonly at: readonly LocatedEndpoint[];
};

export interface TimelineOptions {
  readonly index: EndpointIndex;
  readonly log: SliceLog;
  readonly wasOwner: WasOwner;
}

/** No endpoint of the Service has the address: so it is too while it is moved from one slice to another. */
const ABSENT: ReadonlySet<EndpointState> = new Set(['stale', 'foreign', 'port_drift']);

const MOST_COUNTED = 10_000;

interface Counted {
  readonly version: number;
  readonly knownMs: number;
  readonly phases: readonly Phase<number>[];
}

/** What addresses were to their Services (definitions: docs/upstreams.md), phase after phase. */
export class EndpointTimeline {
  readonly #options: TimelineOptions;
  /** Until the Service's next change: it may have thousands of endpoints. */
  readonly #counted = new Map<string, Counted>();

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** Another number whenever any slice has changed. */
  get version(): number {
    return this.#options.log.version;
  }

  /**
   * The states of the address, the oldest first; none when the Service was not known at `untilMs` (milliseconds since the epoch). An address that was in no slice for less than
   * REWRITE_MS was being moved, and had its next state all the time.
   */
  statesOf(of: ServicePort, address: SocketAddress, untilMs = Number.POSITIVE_INFINITY): AddressPhase[] {
    const { index, log, wasOwner } = this.#options;
    const knownMs = log.knownSinceMs(of.service);
    if (knownMs === null || knownMs > untilMs) return [];
    const here = new Map(index.at(address.ip).map((located) => [located.slice.key, located]));
    const state = (at: readonly LocatedEndpoint[]) => stateOfAddress({ at: () => at }, of, address, wasOwner);
    const phases: AddressPhase[] = [];
    for (const group of momentsOf(log.changesOf(address.ip), knownMs)) {
      const at = [...here.values()];
      phases.push({ value: state(at), sinceMs: group[0].atMs, at });
      undo(here, group);
    }
    const at = [...here.values()];
    phases.push({ value: state(at), sinceMs: null, at });
    return withoutMoves(withoutArrival(merge(phases.reverse()), knownMs));
  }

  /** How many endpoints of the port were ready, the oldest number first; none as above. */
  readyOf(of: ServicePort, untilMs = Number.POSITIVE_INFINITY): readonly Phase<number>[] {
    const { log } = this.#options;
    const knownMs = log.knownSinceMs(of.service);
    if (knownMs === null || knownMs > untilMs) return [];
    const key = `${of.service} ${of.portName}`;
    const version = log.versionOf(of.service);
    const before = this.#counted.get(key);
    if (before?.version === version && before.knownMs === knownMs) return before.phases;
    const phases = this.#count(of, knownMs);
    if (this.#counted.size >= MOST_COUNTED) this.#counted.clear();
    this.#counted.set(key, { version, knownMs, phases });
    return phases;
  }

  #count(of: ServicePort, knownMs: number): Phase<number>[] {
    const { index, log } = this.#options;
    const slices = new Map<string, number>();
    const count = (ip: string, by: number) => {
      const left = (slices.get(ip) ?? 0) + by;
      if (left === 0) slices.delete(ip);
      else slices.set(ip, left);
    };
    for (const { ports, endpoints } of index.slicesOf(of.service)) {
      if (!ports.some(({ name }) => name === of.portName)) continue;
      for (const { ip, ready } of endpoints) if (ready) count(ip, 1);
    }
    const phases: Phase<number>[] = [];
    for (const group of momentsOf(log.changesIn(of.service), knownMs)) {
      phases.push({ value: slices.size, sinceMs: group[0].atMs });
      for (const { ip, before, after } of group) {
        if (isReadyFor(of, after)) count(ip, -1);
        if (isReadyFor(of, before)) count(ip, 1);
      }
    }
    phases.push({ value: slices.size, sinceMs: null });
    return merge(phases.reverse());
  }
}

/** Changes of one moment together, the last moment first, back to when the Service was known. */
function* momentsOf(changes: readonly EndpointChange[], knownMs: number): Generator<EndpointChange[]> {
  let group: EndpointChange[] = [];
  for (let at = changes.length - 1; at >= 0 && changes[at].atMs > knownMs; at--) {
    if (group.length > 0 && group[0].atMs !== changes[at].atMs) {
      yield group;
      group = [];
    }
    group.push(changes[at]);
  }
  if (group.length > 0) yield group;
}

function undo(here: Map<string, LocatedEndpoint>, group: readonly EndpointChange[]): void {
  for (const { key, before } of group) {
    if (before === null) here.delete(key);
    else here.set(key, before);
  }
}

function isReadyFor({ portName }: ServicePort, located: LocatedEndpoint | null): boolean {
  return located?.endpoint.ready === true && located.slice.ports.some(({ name }) => name === portName);
}

function merge<P extends Phase<unknown>>(phases: readonly P[]): P[] {
  const merged: P[] = [];
  for (const phase of phases) if (merged.at(-1)?.value !== phase.value) merged.push(phase);
  return merged;
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
