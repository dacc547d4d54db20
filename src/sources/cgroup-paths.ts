/** Paths of one process's cgroups (/proc/<pid>/cgroup, cgroups(7)), relative to the root of the reader's cgroup namespace. */
export interface CgroupPaths {
  /** By v1 controller, e.g. `memory`. */
  readonly v1: ReadonlyMap<string, string>;
  /** Path in the v2 hierarchy; undefined when there is none. */
  readonly v2: string | undefined;
}

/** A mounted cgroup hierarchy, of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface CgroupMount {
  /** Controllers of a v1 hierarchy; null: v2. */
  readonly controllers: readonly string[] | null;
  /** The same for every mount of one hierarchy. */
  readonly device: string;
  /** What of the hierarchy is mounted, relative to the root of the reader's cgroup namespace. */
  readonly root: string;
  /** Where. */
  readonly point: string;
}

const MOST_MOUNTS = 256;
const LONGEST_PATH = 4096;

/** Lines `id:controllers:path`; the path may hold colons. What is not such a line is left out. */
export function parseCgroupPaths(text: string): CgroupPaths {
  const v1 = new Map<string, string>();
  let v2: string | undefined;
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null || match[2].length > LONGEST_PATH) continue;
    if (match[1] === '') v2 = match[2];
    else for (const controller of match[1].split(',')) v1.set(controller, match[2]);
  }
  return { v1, v2 };
}

/** The mounted cgroup hierarchies, at most 256. */
export function parseCgroupMounts(text: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    // Optional fields before it differ in number.
    const separator = fields.indexOf('-', 6);
    const [type, , options = ''] = separator < 0 ? [] : fields.slice(separator + 1);
    if ((type !== 'cgroup' && type !== 'cgroup2') || mounts.length === MOST_MOUNTS) continue;
    const [, , device, root, point] = fields.map(unescaped);
    mounts.push({ controllers: type === 'cgroup' ? options.split(',') : null, device, root, point });
  }
  return mounts;
}

/**
 * Where `path` is below a mount of its hierarchy: names to go down. Undefined: outside of what is mounted. Both are relative to the root
 * of the reader's cgroup namespace, above which they begin with `/..` (cgroup_namespaces(7)).
 * @param trail names from the topmost mounted ancestor of the namespace's root down to it; null: not known
 */
export function namesBelow(mount: CgroupMount, path: string, trail: readonly string[] | null): string[] | undefined {
  const [base, target] = [climbOf(mount.root), climbOf(path)];
  if (base === undefined || target === undefined || target.ups > base.ups) return undefined;
  const between = base.ups - target.ups;
  if (between > 0 && trail?.length !== base.ups) return undefined;
  const names = [...(trail ?? []).slice(0, between), ...target.names];
  const isBelow = base.names.every((name, at) => name === names[at]);
  return isBelow ? names.slice(base.names.length) : undefined;
}

/** How many ancestors of the namespace's root are between it and what is mounted; 0: none. */
export function upsOf(path: string): number {
  return climbOf(path)?.ups ?? 0;
}

/** `..` only in front: anywhere else the kernel writes none. */
function climbOf(path: string): { readonly ups: number; readonly names: readonly string[] } | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const first = parts.findIndex((part) => part !== '..');
  const ups = first < 0 ? parts.length : first;
  const names = parts.slice(ups);
  return names.includes('..') || names.includes('.') ? undefined : { ups, names };
}

/** Space, tab, newline and backslash are written in octal. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
