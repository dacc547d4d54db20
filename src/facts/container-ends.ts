import type { Pod } from '../contract/cluster.ts';
import type { ContainerEnd } from '../contract/evidence.ts';
import type { Clock } from '../contract/unit.ts';

const KEPT_MS = 900_000;
const MOST_ENDS = 2_000;
/** The API gives whole seconds, and clocks of one node differ by less. */
const SAME_MS = 2_000;
/** Where the API does not say when. */
const SEEN_WITHIN_MS = 15_000;
const NONE: readonly ContainerEnd[] = [];

/** Whose container it was, by whatever is known of it. */
export interface EndedBy {
  readonly podUids: readonly string[];
  /** `namespace/name` */
  readonly pods: readonly string[];
  /** Whole ids of containers; an end may name the beginning of one. */
  readonly containerIds: readonly string[];
}

/** Containers that ended within the last quarter of an hour, as the API and the node's cgroups tell it, each end once. */
export class ContainerEnds {
  readonly #clock: Clock;
  /** In the order in which they were told. */
  #ends: ContainerEnd[] = [];
  /** Of `#ends` by what they are found by; undefined: they have changed since. */
  #found: Found | undefined;
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many were forgotten because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** None is known. */
  get isEmpty(): boolean {
    return this.#ends.length === 0;
  }

  ended(end: ContainerEnd): void {
    this.#found = undefined;
    const at = this.#ends.findIndex((known) => isSameEnd(known, end));
    if (at >= 0) this.#ends[at] = both(this.#ends[at], end);
    else this.#ends.push(end);
    const nowMs = this.#clock.now();
    if (this.#ends.some(({ atMs }) => nowMs - atMs > KEPT_MS))
      this.#ends = this.#ends.filter(({ atMs }) => nowMs - atMs <= KEPT_MS);
    if (this.#ends.length > MOST_ENDS) {
      this.#ends.shift();
      this.#dropped++;
    }
  }

  /** What the API says of the pod has changed; what had ended long before it was first seen is no news. */
  podChanged(before: Pod | null, after: Pod | null): void {
    if (after === null) return;
    const nowMs = this.#clock.now();
    for (const { name, lastExit, restartCount } of after.containers) {
      if (lastExit === null) continue;
      const known = before?.uid === after.uid ? before.containers.find((one) => one.name === name) : undefined;
      const isKnown =
        known?.lastExit?.finishedAtMs === lastExit.finishedAtMs &&
        known.lastExit.reason === lastExit.reason &&
        (lastExit.finishedAtMs !== null || known.restartCount === restartCount);
      const isOld = known === undefined && (lastExit.finishedAtMs === null || nowMs - lastExit.finishedAtMs > KEPT_MS);
      if (isKnown || isOld) continue;
      this.ended({
        ...{ podUid: after.uid, pod: after.key, container: name, reason: lastExit.reason, exitCode: lastExit.exitCode },
        ...(lastExit.containerId === undefined ? {} : { containerId: lastExit.containerId }),
        isOomKill: lastExit.reason === 'OOMKilled',
        fromMs: lastExit.finishedAtMs ?? nowMs - SEEN_WITHIN_MS,
        atMs: lastExit.finishedAtMs ?? nowMs,
      });
    }
  }

  /** Whether any is known of the pod; false also says that none is of a container whose pod is not known. */
  mayBeOf(podUid: string, pod: string): boolean {
    if (this.#ends.length === 0) return false;
    this.#found ??= findable(this.#ends);
    const { byUid, byPod, byContainer } = this.#found;
    return byContainer.length > 0 || (podUid !== '' && byUid.has(podUid)) || (pod !== '' && byPod.has(pod));
  }

  /** Those that may have happened between the moments (milliseconds since the epoch), the latest first. */
  of({ podUids, pods, containerIds }: EndedBy, fromMs: number, untilMs: number): readonly ContainerEnd[] {
    if (this.#ends.length === 0) return NONE;
    this.#found ??= findable(this.#ends);
    const { byUid, byPod, byContainer } = this.#found;
    const its: ContainerEnd[] = [];
    for (const uid of podUids) its.push(...(byUid.get(uid) ?? NONE));
    for (const pod of pods)
      for (const end of byPod.get(pod) ?? NONE) if (end.podUid === '' || podUids.length === 0) its.push(end);
    for (const end of byContainer) if (containerIds.some((id) => id.startsWith(end.container))) its.push(end);
    if (its.length === 0) return NONE;
    return [...new Set(its)]
      .filter((end) => end.atMs >= fromMs && end.fromMs <= untilMs)
      .sort((one, other) => other.atMs - one.atMs);
  }
}

interface Found {
  readonly byUid: ReadonlyMap<string, readonly ContainerEnd[]>;
  readonly byPod: ReadonlyMap<string, readonly ContainerEnd[]>;
  /** Of containers of which no pod is known. */
  readonly byContainer: readonly ContainerEnd[];
}

function findable(ends: readonly ContainerEnd[]): Found {
  return {
    byUid: Map.groupBy(ends, ({ podUid }) => podUid),
    byPod: Map.groupBy(ends, ({ pod }) => pod),
    byContainer: ends.filter(({ podUid, pod, container }) => podUid === '' && pod === '' && container !== ''),
  };
}

/** The API knows a reason, a cgroup does not: two of one kind are two ends. */
function isSameEnd(one: ContainerEnd, other: ContainerEnd): boolean {
  const isSamePod = one.podUid !== '' && other.podUid !== '' ? one.podUid === other.podUid : one.pod === other.pod;
  if (!isSamePod || (one.pod === '' && one.podUid === '' && one.container === '')) return false;
  if (!mayBeOneContainer(one, other)) return false;
  if (one.atMs === other.atMs && one.fromMs === other.fromMs && one.reason === other.reason) return true;
  const isOtherKind = (one.reason === '') !== (other.reason === '');
  return isOtherKind && one.fromMs - SAME_MS <= other.atMs && other.fromMs - SAME_MS <= one.atMs;
}

/** The API has the name and the id, a cgroup one of the two. */
function mayBeOneContainer(one: ContainerEnd, other: ContainerEnd): boolean {
  if (one.container === other.container || one.container === '' || other.container === '') return true;
  return one.containerId?.startsWith(other.container) === true || other.containerId?.startsWith(one.container) === true;
}

function both(one: ContainerEnd, other: ContainerEnd): ContainerEnd {
  const memory = one.memory ?? other.memory;
  // The API's, where a cgroup has the beginning of an id.
  const named = other.containerId === undefined ? one : other;
  const { containerId } = named;
  const [exact, rough] = one.atMs - one.fromMs <= other.atMs - other.fromMs ? [one, other] : [other, one];
  return {
    podUid: one.podUid || other.podUid,
    pod: one.pod || other.pod,
    container: named.container || one.container || other.container,
    ...(containerId === undefined ? {} : { containerId }),
    isOomKill: one.isOomKill || other.isOomKill,
    reason: one.reason || other.reason,
    exitCode: one.exitCode ?? other.exitCode,
    // Whole seconds: it was not before what the cgroup says.
    fromMs: Math.min(Math.max(exact.fromMs, rough.fromMs), exact.atMs),
    atMs: exact.atMs,
    ...(memory === undefined ? {} : { memory }),
  };
}
