import type { Endpoint, EndpointSlice } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { LocatedEndpoint } from './endpoint-index.ts';
import { type FollowedService, FollowedServices } from './followed-services.ts';

const KEPT_MS = 900_000;
const MOST_CHANGES = 50_000;
/** Of one address: one that flaps must not push out all others. */
const MOST_OF_ONE = 64;
const NO_CHANGES: readonly EndpointChange[] = [];

/** What one slice said of an address before a moment and after it; null: it did not have the address. */
export interface EndpointChange {
  readonly atMs: number;
  /** Of the slice. */
  readonly key: string;
  /** `namespace/name` */
  readonly service: string;
  readonly ip: string;
  /** Of the log when it was noted. */
  readonly version: number;
  readonly before: LocatedEndpoint | null;
  readonly after: LocatedEndpoint | null;
}

/** What is said of these addresses may be another thing now; null: of all. */
type StaleListener = (addresses: readonly { readonly ip: string }[] | null) => void;

export interface SliceLogOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly mostChanges?: number;
}

/** What the slices said of addresses within the last quarter of an hour: the index as it is now, and what has changed since. */
export class SliceLog {
  readonly #options: SliceLogOptions;
  #changes: EndpointChange[] = [];
  readonly #byIp = new Map<string, EndpointChange[]>();
  readonly #byService = new Map<string, EndpointChange[]>();
  readonly #services = new FollowedServices();
  #version = 0;
  #forgottenMs = Number.NEGATIVE_INFINITY;
  #forgottenVersion = 0;
  #dropped = 0;
  #tellStale: StaleListener = () => {};

  constructor(options: SliceLogOptions) {
    this.#options = options;
    options.cluster.listen({
      slice: (before, after) => {
        this.#change(before, after);
        for (const slice of [before, after]) if (slice !== null) this.#tellStale(slice.endpoints);
      },
    });
  }

  /** Who remembers what it made of the log and the slices, at most one. */
  listen(listener: StaleListener): void {
    this.#tellStale = listener;
  }

  /** From when on changes are noted; null: they are not. */
  get followedMs(): number | null {
    return this.#options.cluster.followedSinceMs('endpointslices');
  }

  get size(): number {
    return this.#changes.length;
  }

  /** Changes that were forgotten before their time because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `namespace/name`; undefined: nothing is known of it. */
  service(service: string): Readonly<FollowedService> | undefined {
    return this.#services.of(service);
  }

  /** From when on all that concerns the Service is known; null: it never was. */
  knownSinceMs({ knownMs }: Readonly<FollowedService>): number | null {
    const { followedMs } = this;
    return followedMs === null || knownMs === null ? null : Math.max(followedMs, knownMs, this.#forgottenMs);
  }

  /** Another number whenever any slice has changed. */
  get version(): number {
    return this.#version;
  }

  /** Changes of this version and before may be forgotten. */
  get forgottenVersion(): number {
    return this.#forgottenVersion;
  }

  /** Of the address in any slice, the oldest first. */
  changesOf(ip: string): readonly EndpointChange[] {
    return this.#byIp.get(ip) ?? NO_CHANGES;
  }

  /** Of the Service's addresses, the oldest first. */
  changesIn(service: string): readonly EndpointChange[] {
    return this.#byService.get(service) ?? NO_CHANGES;
  }

  #change(before: EndpointSlice | null, after: EndpointSlice | null): void {
    const { cluster, clock } = this.#options;
    const nowMs = clock.now();
    const { key } = (before ?? after)!;
    this.#version++;
    const isFollowed = cluster.followedSinceMs('endpointslices') !== null;
    if (!isFollowed && this.#changes.length > 0) this.#clear();
    for (const slice of [before, after]) if (slice !== null) this.#services.touch(slice.service, this.#version);
    if (after !== null && this.#services.know(after.service, nowMs, this.#version)) {
      this.#dropped++;
      this.#tellStale(null);
    }
    if (!isFollowed) {
      if (after === null) this.#services.drop(before!.service);
      return;
    }
    if (before !== null && after !== null && before.service !== after.service) {
      this.#note({ key, before, after: null }, nowMs);
      this.#note({ key, before: null, after }, nowMs);
    } else this.#note({ key, before, after }, nowMs);
    this.#forget(nowMs);
  }

  #note(
    { key, before, after }: { key: string; before: EndpointSlice | null; after: EndpointSlice | null },
    atMs: number,
  ): void {
    const had = new Map(before?.endpoints.map((endpoint) => [endpoint.ip, endpoint]));
    const has = new Map(after?.endpoints.map((endpoint) => [endpoint.ip, endpoint]));
    const { service } = (before ?? after)!;
    const arePortsSame = before !== null && after !== null && isSamePorts(before, after);
    const [slimBefore, slimAfter] = [before && slim(before), after && slim(after)];
    for (const ip of new Set([...had.keys(), ...has.keys()])) {
      const [was, is] = [had.get(ip), has.get(ip)];
      if (arePortsSame && was !== undefined && is !== undefined && isSame(was, is)) continue;
      const located = (slice: EndpointSlice | null, endpoint: Endpoint | undefined) =>
        slice === null || endpoint === undefined ? null : { slice, endpoint: copyOf(endpoint) };
      const [earlier, later] = [located(slimBefore, was), located(slimAfter, is)];
      this.#add({ atMs, key, service, ip, version: this.#version, before: earlier, after: later });
    }
  }

  #add(change: EndpointChange): void {
    this.#changes.push(change);
    const ofIp = this.#byIp.get(change.ip);
    if (ofIp === undefined) this.#byIp.set(change.ip, [change]);
    else if (ofIp.push(change) > MOST_OF_ONE) {
      ofIp.shift();
      this.#dropped++;
    }
    const ofService = this.#byService.get(change.service);
    if (ofService === undefined) this.#byService.set(change.service, [change]);
    else ofService.push(change);
  }

  #forget(nowMs: number): void {
    const { mostChanges = MOST_CHANGES } = this.#options;
    let over = this.#changes.findIndex(({ atMs }) => nowMs - atMs <= KEPT_MS);
    if (over < 0) over = this.#changes.length;
    const tooMany = this.#changes.length - mostChanges;
    // Seldom and many at once: what is left is moved each time.
    if (tooMany > 0) over = Math.max(over, tooMany + mostChanges / 16);
    else if (over < this.#changes.length / 4) return;
    const gone = this.#changes.slice(0, over);
    this.#dropped += gone.filter(({ atMs }) => nowMs - atMs <= KEPT_MS).length;
    this.#changes = this.#changes.slice(over);
    this.#forgottenVersion = gone.at(-1)?.version ?? this.#forgottenVersion;
    if (tooMany > 0) this.#forgottenMs = gone.at(-1)?.atMs ?? this.#forgottenMs;
    this.#tellStale(tooMany > 0 ? null : gone);
    const isGone = new Set(gone);
    for (const ip of new Set(gone.map((one) => one.ip))) prune(this.#byIp, ip, isGone);
    for (const service of new Set(gone.map((one) => one.service))) prune(this.#byService, service, isGone);
  }

  #clear(): void {
    this.#changes = [];
    this.#forgottenVersion = this.#version;
    for (const known of [this.#byIp, this.#byService]) known.clear();
    this.#services.clear();
    this.#forgottenMs = Number.NEGATIVE_INFINITY;
    this.#tellStale(null);
  }
}

/** Changes of one moment together, the last moment first, back to when the Service was known. */
export function* momentsOf(changes: readonly EndpointChange[], knownMs: number): Generator<EndpointChange[]> {
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

function prune(index: Map<string, EndpointChange[]>, key: string, isGone: ReadonlySet<EndpointChange>): void {
  const left = index.get(key)?.filter((change) => !isGone.has(change)) ?? [];
  if (left.length === 0) index.delete(key);
  else index.set(key, left);
}

function isSamePorts(one: EndpointSlice, other: EndpointSlice): boolean {
  if (one.ports === other.ports) return true;
  return (
    one.ports.length === other.ports.length &&
    one.ports.every(({ name, number }, at) => name === other.ports[at].name && number === other.ports[at].number)
  );
}

/** Of a pod's uid the name tells enough here: making the text of a packed one costs more than all else. */
function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.ready === other.ready && one.terminating === other.terminating && one.podName === other.podName;
}

/** Without the endpoints: an old version is not kept for one of them. */
function slim({ key, service, ports }: EndpointSlice): EndpointSlice {
  return { key, service, ports, endpoints: [] };
}

function copyOf({ ip, ready, serving, terminating, podUid, podName }: Endpoint): Endpoint {
  return { ip, ready, serving, terminating, podUid, podName };
}
