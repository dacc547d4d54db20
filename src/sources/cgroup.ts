import { join } from 'node:path';
import { type CgroupMount, namesBelow, parseCgroupMounts, parseCgroupPaths, upsOf } from './cgroup-paths.ts';
import { findTrail, identityOf } from './cgroup-trail.ts';
import { openProcfs, type Procfs } from './procfs.ts';

/** A cgroup's directory in one hierarchy. */
export interface CgroupDirectory {
  readonly version: 1 | 2;
  /** Device and inode: another cgroup of the same name has others. */
  readonly identity: string;
  /** The last component of its path; '' when it is what is mounted itself. */
  readonly name: string;
  /** False: it has ended, also when another one has its name now. */
  isThere(): boolean;
  /** Undefined: the file is not there, or the cgroup has just ended. @throws NotPermittedError */
  read(file: string): string | undefined;
  /** Null: what is above is not mounted here. */
  parent(): CgroupDirectory | null;
}

/** Why there is no directory. `root`: it is in none but the root cgroup, which is the whole machine. */
export type CgroupUnseen = 'root' | 'not_visible';

/** The cgroups of one process, each in the hierarchy that has it. */
export interface CgroupPlaces {
  readonly memory: CgroupDirectory | CgroupUnseen;
  readonly cpu: CgroupDirectory | CgroupUnseen;
  /** The v2 hierarchy, which alone knows pressure; in it there may be no controller. */
  readonly unified: CgroupDirectory | CgroupUnseen;
}

/** `read` and `open` of a cgroup that ends meanwhile; a pressure file with PSI off. */
const NOT_THERE = new Set(['ENODEV', 'EOPNOTSUPP']);

/**
 * Where the cgroups of processes are seen: every cgroup file system that is mounted for ourselves, wherever that is. All mounts of a
 * hierarchy show the same cgroups, more or less of them: a container has its own only, a mount of the node's /sys/fs/cgroup all.
 */
export class CgroupTree {
  readonly #proc: Procfs;
  readonly #trails = new Map<string, readonly string[] | null>();
  #mounts: readonly CgroupMount[] = [];

  constructor(proc: Procfs) {
    this.#proc = proc;
  }

  /** Looks what is mounted; before the first `locate`, and from time to time. */
  async refresh(signal: AbortSignal): Promise<void> {
    const mounts = parseCgroupMounts(this.#proc.read('self/mountinfo') ?? '');
    for (const mount of mounts) {
      const ups = upsOf(mount.root);
      const key = keyOf(mount);
      if (ups === 0 || this.#trails.has(key)) continue;
      const own = mounts.find(({ device, root }) => device === mount.device && root === '/');
      const identity = own && identityOf(own.point);
      this.#trails.set(key, identity === undefined ? null : await findTrail(mount.point, ups, identity, signal));
    }
    this.#mounts = mounts;
  }

  /** Undefined: there is no such process. With `containerId` the cgroup of that container, also when the process is in one below it. */
  locate(pid: number, containerId = ''): CgroupPlaces | undefined {
    const text = this.#proc.read(`${pid}/cgroup`);
    if (text === undefined) return undefined;
    const { v1, v2 } = parseCgroupPaths(text);
    const of = (controller: string) => {
      const path = v1.get(controller);
      return path === undefined ? this.#find(null, v2, containerId) : this.#find(controller, path, containerId);
    };
    return { memory: of('memory'), cpu: of('cpu'), unified: this.#find(null, v2, containerId) };
  }

  #find(controller: string | null, path: string | undefined, containerId: string): CgroupDirectory | CgroupUnseen {
    if (path === undefined) return 'not_visible';
    for (const mount of this.#mounts) {
      const isIts = controller === null ? mount.controllers === null : mount.controllers?.includes(controller) === true;
      const names = isIts ? namesBelow(mount, path, this.#trails.get(keyOf(mount)) ?? null) : undefined;
      if (names === undefined) continue;
      const found = open(mount, upTo(names, containerId));
      if (found !== null) return isRoot(found) ? 'root' : found;
    }
    return 'not_visible';
  }
}

function keyOf({ point, root }: CgroupMount): string {
  return `${root}\n${point}`;
}

/** Without what is below the name with the id: runtimes and programs make cgroups of their own in a container's, and name them as they like. */
function upTo(names: readonly string[], containerId: string): readonly string[] {
  const its = containerId === '' ? -1 : names.findIndex((name) => name.includes(containerId));
  return its < 0 ? names : names.slice(0, its + 1);
}

function open(mount: CgroupMount, names: readonly string[]): CgroupDirectory | null {
  const directory = join(mount.point, ...names);
  const identity = identityOf(directory);
  if (identity === undefined) return null;
  const files = openProcfs(directory);
  return {
    version: mount.controllers === null ? 2 : 1,
    identity,
    name: names.at(-1) ?? '',
    isThere: () => identityOf(directory) === identity,
    read: (file) => readOf(files, file),
    parent: () => (names.length === 0 ? null : open(mount, names.slice(0, -1))),
  };
}

function readOf(files: Procfs, file: string): string | undefined {
  try {
    return files.read(file);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (NOT_THERE.has(cause?.code ?? '')) return undefined;
    throw error;
  }
}

/** Files that only the root cgroup has (v1), or only the others (v2): cgroup1_base_files and cgroup_base_files in kernel/cgroup. */
function isRoot({ version, read }: CgroupDirectory): boolean {
  return version === 1 ? read('release_agent') !== undefined : read('cgroup.type') === undefined;
}
