import type { EndpointIndex, LocatedEndpoint } from './endpoint-index.ts';
import type { ServicePort } from './endpoint-states.ts';
import type { FollowedService } from './followed-services.ts';
import { merge, type Phase } from './phase-span.ts';
import { type EndpointChange, momentsOf, type SliceLog } from './slice-log.ts';

const KEPT_MS = 900_000;
const MOST_SERVICES = 10_000;
/** With fewer endpoints counting them all again costs less than remembering them. */
const FEW = 64;
const NO_PHASES: readonly Phase<number>[] = [];

interface Counted {
  /** Of the log. */
  readonly version: number;
  readonly knownMs: number;
  readonly phases: Phase<number>[];
  /** Ready addresses and in how many slices they are so now; null: they are few. */
  readonly slices: Map<string, number> | null;
}

export interface ReadyCountsOptions {
  readonly index: Pick<EndpointIndex, 'slicesOf'>;
  readonly log: SliceLog;
  /** So many ready addresses are counted anew at each change. 64. */
  readonly few?: number;
}

/** How many endpoints of the ports of Services were ready. */
export class ReadyCounts {
  readonly #options: ReadyCountsOptions;
  /** By Service, then by name of the port. */
  readonly #known = new Map<string, Map<string, ReadyPort>>();

  constructor(options: ReadyCountsOptions) {
    this.#options = options;
  }

  /** Who asks again and again keeps it. */
  of({ service, portName }: ServicePort): ReadyPort {
    const ports = this.#known.get(service);
    const known = ports?.get(portName);
    if (known !== undefined) return known;
    const port = new ReadyPort({ service, portName }, this.#options);
    if (ports !== undefined) {
      ports.set(portName, port);
      return port;
    }
    if (this.#known.size >= MOST_SERVICES) this.#known.clear();
    this.#known.set(service, new Map([[portName, port]]));
    return port;
  }
}

/** How many endpoints of a Service's port were ready, phase after phase. A change of one of thousands costs as much as that one. */
export class ReadyPort {
  readonly #of: ServicePort;
  readonly #options: ReadyCountsOptions;
  #service: Readonly<FollowedService> | undefined;
  #counted: Counted | undefined;

  constructor(of: ServicePort, options: ReadyCountsOptions) {
    this.#of = of;
    this.#options = options;
  }

  /**
   * The oldest first, back to when the Service was known; none when it was not at `untilMs` (milliseconds since the epoch). Read it before
   * the next change.
   */
  phases(untilMs = Number.POSITIVE_INFINITY): readonly Phase<number>[] {
    const { log } = this.#options;
    if (this.#service === undefined || this.#service.knownMs === null) this.#service = log.service(this.#of.service);
    if (this.#service === undefined) return NO_PHASES;
    const knownMs = log.knownSinceMs(this.#service);
    if (knownMs === null || knownMs > untilMs) return NO_PHASES;
    const { version } = this.#service;
    const before = this.#counted;
    const isBase = before?.knownMs === knownMs;
    if (isBase && before.version === version) return before.phases;
    const isFollowed = isBase && before.version >= log.forgottenVersion;
    const after =
      isFollowed && before.slices !== null
        ? follow(this.#of, { ...before, slices: before.slices }, log.changesIn(this.#of.service))
        : this.#count(knownMs);
    this.#counted = { ...after, version };
    return after.phases;
  }

  /** All that are ready now, and back over what has changed. */
  #count(knownMs: number): Counted {
    const of = this.#of;
    const { index, log, few = FEW } = this.#options;
    const now = new Map<string, number>();
    for (const { ports, endpoints } of index.slicesOf(of.service)) {
      if (!ports.some(({ name }) => name === of.portName)) continue;
      // As the log takes it: an address stands in a slice once.
      const ready = new Map(endpoints.map((endpoint) => [endpoint.ip, endpoint.ready]));
      for (const [ip, isReady] of ready) if (isReady) count(now, ip, 1);
    }
    const slices = now.size > few ? new Map(now) : null;
    const phases: Phase<number>[] = [];
    for (const group of momentsOf(log.changesIn(of.service), knownMs)) {
      phases.push({ value: now.size, sinceMs: group[0].atMs });
      for (const { ip, before, after } of group) {
        if (isReadyFor(of, after)) count(now, ip, -1);
        if (isReadyFor(of, before)) count(now, ip, 1);
      }
    }
    phases.push({ value: now.size, sinceMs: null });
    return { version: 0, knownMs, phases: merge(phases.reverse()), slices };
  }
}

/** What has changed since it was counted. */
function follow(
  of: ServicePort,
  counted: Counted & { readonly slices: Map<string, number> },
  changes: readonly EndpointChange[],
): Counted {
  const { slices, phases, knownMs } = counted;
  let first = changes.length;
  while (first > 0 && changes[first - 1].version > counted.version) first--;
  for (let at = first; at < changes.length; at++) {
    const { ip, before, after, atMs } = changes[at];
    if (isReadyFor(of, before)) count(slices, ip, -1);
    if (isReadyFor(of, after)) count(slices, ip, 1);
    if (changes[at + 1]?.atMs !== atMs) add(phases, slices.size, atMs > knownMs ? atMs : null);
  }
  return counted;
}

/** Of one moment there is one number. */
function add(phases: Phase<number>[], value: number, sinceMs: number | null): void {
  if (sinceMs === null) phases.length = 0;
  else if (phases.at(-1)!.sinceMs === sinceMs) phases.pop();
  if (phases.at(-1)?.value !== value) phases.push({ value, sinceMs });
  const overMs = (sinceMs ?? 0) - KEPT_MS;
  while (phases.length > 1 && phases[1].sinceMs! < overMs) phases.shift();
  if (phases[0].sinceMs !== null) phases[0] = { ...phases[0], sinceMs: null };
}

function count(slices: Map<string, number>, ip: string, by: number): void {
  const left = (slices.get(ip) ?? 0) + by;
  if (left === 0) slices.delete(ip);
  else slices.set(ip, left);
}

function isReadyFor({ portName }: ServicePort, located: LocatedEndpoint | null): boolean {
  return located?.endpoint.ready === true && located.slice.ports.some(({ name }) => name === portName);
}
