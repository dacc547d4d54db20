import type { Subject } from '../contract/metrics.ts';
import type { NodeLook, NodeProcess } from '../contract/node.ts';
import type { Clock, CollectorContext } from '../contract/unit.ts';
import { type CgroupDirectory, type CgroupPlaces, CgroupTree, type CgroupUnseen } from '../sources/cgroup.ts';
import { ContainerNames } from '../sources/container-names.ts';
import { Slices } from '../sources/node/slices.ts';
import type { Procfs } from '../sources/procfs.ts';
import { readCpuLimit } from './cgroups-cpu-limit.ts';
import { findCandidates, labelsOf } from './cgroups-find.ts';
import type { CgroupState } from './cgroups-metrics.ts';
import { type CgroupValues, isSeen, unlessDenied } from './cgroups-read.ts';
import { isShared } from './cgroups-sharers.ts';
import type { OwnPod } from './own-pod.ts';

export const MOST_CGROUPS = 200;
/** To find a cgroup costs more than to read it, and a process seldom moves. */
const LOCATED_FOR_MS = 60_000;

/** What of a cgroup stays the same for long. */
interface Located {
  readonly places: CgroupPlaces;
  /** That of its pod, where it counts what is below it; null: v1 counts each cgroup alone. */
  readonly pod: CgroupDirectory | null;
  /** Cores; null: no limit. */
  readonly cpuLimit: number | null | undefined;
}

type LocatedById = Map<string, Located & { readonly atMs: number }>;

/** A cgroup whose values are to be read. */
export interface WatchedCgroup extends Located {
  readonly subject: Subject;
  /** The oldest of its processes. */
  readonly process: NodeProcess;
}

/** Cgroups of one pod, or one outside of pods. */
export interface CgroupGroup {
  readonly pod: CgroupDirectory | null;
  readonly members: readonly [WatchedCgroup, ...WatchedCgroup[]];
}

export interface FoundCgroups {
  readonly groups: readonly CgroupGroup[];
  /** Those that are not read, and why. */
  readonly unread: readonly { readonly subject: Subject; readonly state: CgroupState }[];
}

/** What one look gave. */
export interface CgroupReadings {
  readonly states: { readonly subject: Subject; readonly state: CgroupState }[];
  readonly values: {
    readonly subject: Subject;
    readonly values: CgroupValues;
    readonly cpuLimit: Located['cpuLimit'];
  }[];
  readonly pods: {
    readonly namespace: string;
    readonly pod: string;
    readonly gateway: string;
    readonly kills: number;
  }[];
}

/** Finds the cgroups of gateways and backends, and their names. */
export class CgroupWatch {
  readonly #proc: Procfs;
  readonly #own: OwnPod;
  readonly #tree: CgroupTree;
  readonly #containers: ContainerNames;
  readonly #clock: Clock;
  #located: LocatedById = new Map();

  constructor(proc: Procfs, { paths, clock }: Pick<CollectorContext<never>, 'paths' | 'clock'>, own: OwnPod) {
    this.#clock = clock;
    this.#proc = proc;
    this.#own = own;
    this.#tree = new CgroupTree(proc);
    this.#containers = new ContainerNames(paths.root);
  }

  async find(
    look: NodeLook,
    { settings, names: given }: Pick<CollectorContext<never>, 'settings' | 'names'>,
    signal: AbortSignal,
  ): Promise<FoundCgroups> {
    await this.#tree.refresh(signal);
    const candidates = findCandidates(look, {
      ...{ proc: this.#proc, own: this.#own, settings: settings.all(), names: given },
    });
    const refs = candidates.slice(0, MOST_CGROUPS).map(({ process, alone }) => ({ ...process, alone }));
    const names = this.#containers.find(refs.filter(({ containerId }) => containerId !== ''));
    const slices = new Slices();
    const unread: { subject: Subject; state: CgroupState }[] = [];
    const watched = new Map<string, WatchedCgroup>();
    const before = this.#located;
    this.#located = new Map();
    for (const [at, candidate] of candidates.entries()) {
      const subject = labelsOf(candidate, names);
      const key = keyOf(subject);
      const found = at < MOST_CGROUPS ? this.#locate(candidate.process, before) : undefined;
      if (at >= MOST_CGROUPS) unread.push({ subject, state: 'over_limit' });
      // Its process has ended since the look.
      else if (found === undefined) continue;
      else if (!Object.values(found.places).some(isSeen)) unread.push({ subject, state: unseenOf(found.places) });
      else if (isOthersToo(candidate.process, found.places, look)) unread.push({ subject, state: 'shared' });
      else if (watched.has(key)) unread.push({ subject, state: 'same_labels' });
      else watched.set(key, { ...found, subject, process: candidate.process });
      if (slices.isOver()) await slices.next();
      signal.throwIfAborted();
    }
    return { groups: groupByPod(watched), unread };
  }

  #locate(process: NodeProcess, before: Readonly<LocatedById>): Located | undefined {
    const id = `${process.pid} ${process.startTicks} ${process.containerId}`;
    const nowMs = this.#clock.now();
    const known = before.get(id);
    const ageMs = nowMs - (known?.atMs ?? 0);
    const isYoung = ageMs >= 0 && ageMs < LOCATED_FOR_MS;
    if (known !== undefined && isYoung && Object.values(known.places).every(isStillThere)) {
      this.#located.set(id, known);
      return known;
    }
    const places = this.#tree.locate(process.pid, process.containerId);
    if (places === undefined) return undefined;
    const { cpu } = places;
    const cpuLimit = isSeen(cpu) ? unlessDenied(() => readCpuLimit(cpu)) : undefined;
    const located = { places, pod: podOf(process, places), cpuLimit, atMs: nowMs };
    // Who mounts the node's cgroups need not wait.
    if (Object.values(places).some(isSeen)) this.#located.set(id, located);
    return located;
  }
}

const isStillThere = (place: CgroupDirectory | CgroupUnseen) => !isSeen(place) || place.isThere();

/** A container's cgroup is the container's, whatever runs in it. */
function isOthersToo(process: NodeProcess, { memory }: CgroupPlaces, { processes }: NodeLook): boolean {
  if (process.containerId !== '' || !isSeen(memory)) return false;
  return unlessDenied(() => isShared(memory, process, processes)) ?? false;
}

export function keyOf(subject: Subject): string {
  return Object.values(subject).join('\xff');
}

/** The v2 hierarchy may be there without controllers, or not at all. */
function unseenOf({ memory }: CgroupPlaces): CgroupState {
  return memory === 'root' ? 'root' : 'not_visible';
}

function groupByPod(watched: ReadonlyMap<string, WatchedCgroup>): CgroupGroup[] {
  const groups = new Map<string, { pod: CgroupDirectory | null; members: [WatchedCgroup, ...WatchedCgroup[]] }>();
  for (const [subject, one] of watched) {
    const { pod } = one;
    const key = pod?.identity ?? subject;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { pod, members: [one] });
    else group.members.push(one);
  }
  return [...groups.values()];
}

function podOf({ podUid }: NodeProcess, { memory }: CgroupPlaces): CgroupDirectory | null {
  if (podUid === '' || !isSeen(memory) || memory.version === 1) return null;
  const parent = memory.parent();
  return parent?.name.replaceAll('_', '-').includes(`pod${podUid}`) === true ? parent : null;
}
