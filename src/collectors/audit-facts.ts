import { join } from 'node:path';
import { type Fact, known, notKnown } from '../audit/fact.ts';
import type { AuditFacts } from '../audit/input.ts';
import { parseMountInfo } from '../parse/mount-info.ts';
import type { CgroupTree } from '../sources/cgroup.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';
import { parseMasterTitle } from '../sources/nginx-discovery-title.ts';
import { readNginxVersion } from '../sources/nginx-version.ts';
import { readMaster } from '../sources/nginx-workers.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';
import { isOwnNetwork, readSysctls, type SysctlName } from '../sources/sysctl.ts';
import { readCpuLimit } from './cgroups-cpu-limit.ts';

/** Who runs a configuration. */
export interface Runner {
  /** The master, or `self` for this process in its place; null: not visible. */
  readonly pid: number | 'self' | null;
  readonly host: HostFiles;
  /** It shares our network namespace for sure, though its processes are not visible: a container of our own pod. */
  readonly isInOurPod: boolean;
}

const NOT_VISIBLE = 'the nginx that runs it is not visible';
const MAX_TITLE_BYTES = 4096;
/** Where a program without a path is looked for. */
const PROGRAM_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * What can be read from outside of what rules ask for; a value of another namespace is unknown, never ours.
 * @param cgroups refreshed
 */
export async function readFacts(proc: Procfs, cgroups: CgroupTree, runner: Runner): Promise<AuditFacts> {
  const { pid } = runner;
  return {
    ...readKernel(proc, runner),
    autoWorkers: readAutoWorkers(proc, pid),
    cpuLimit: readCpu(cgroups, pid),
    openFiles: readOpenFiles(proc, pid),
    mounts: readMounts(proc, pid),
    nginxVersion: await readVersion(proc, runner),
    backendTimeoutSeconds: notKnown('not given'),
  };
}

type KernelFacts = Pick<
  AuditFacts,
  'somaxconn' | 'localPorts' | 'conntrackMax' | 'conntrackBuckets' | 'conntrackEstablishedSeconds'
>;

function readKernel(proc: Procfs, { pid, isInOurPod }: Runner): KernelFacts {
  const values = readSysctls(proc);
  const isOurs = isInOurPod || (pid !== null && isOwnNetwork(proc, pid));
  const elsewhere =
    pid === null
      ? NOT_VISIBLE
      : 'it runs in another network namespace, whose parameters cannot be read: run it there or give --assume';
  const ofMachine = (name: SysctlName): Fact<number> => {
    const value = values.get(name);
    return value === undefined ? notKnown(`${name} cannot be read`) : known(value);
  };
  const ofNetwork = (name: SysctlName): Fact<number> => (isOurs ? ofMachine(name) : notKnown(`${name}: ${elsewhere}`));
  const [low, high] = [ofNetwork('net.ipv4.ip_local_port_range_low'), ofNetwork('net.ipv4.ip_local_port_range_high')];
  const hasPorts = low.isKnown && high.isKnown;
  return {
    somaxconn: ofNetwork('net.core.somaxconn'),
    localPorts: hasPorts ? known({ low: low.value, high: high.value }) : (low as Fact<never>),
    conntrackMax: ofMachine('net.netfilter.nf_conntrack_max'),
    conntrackBuckets: ofMachine('net.netfilter.nf_conntrack_buckets'),
    conntrackEstablishedSeconds: ofNetwork('net.netfilter.nf_conntrack_tcp_timeout_established'),
  };
}

/**
 * As many as there are CPUs (sysconf(_SC_NPROCESSORS_ONLN)); musl counts only those that the process may use. For a moment of
 * a reload there are twice as many workers, and after a crash fewer.
 */
function readAutoWorkers(proc: Procfs, pid: Runner['pid']): Fact<number> {
  if (pid === null) return notKnown(`the CPUs of its machine are not known: ${NOT_VISIBLE}`);
  const cpus = (unlessDenied(() => proc.read('stat')) ?? '').match(/^cpu\d+ /gm)?.length;
  if (cpus === undefined) return notKnown('the CPUs of the machine cannot be counted');
  const workers = typeof pid === 'number' ? (readMaster(proc, pid)?.workers ?? []) : [];
  const taking = workers.filter(({ isDraining }) => !isDraining).length;
  return known(taking === 0 ? cpus : Math.min(cpus, taking));
}

/** The quotas above it count too, as far as they are seen. */
function readCpu(cgroups: CgroupTree, pid: Runner['pid']): Fact<number | null> {
  if (pid === null) return notKnown(`its CPU limit is not known: ${NOT_VISIBLE}`);
  try {
    const cpu = cgroups.locate(pid === 'self' ? process.pid : pid)?.cpu ?? 'not_visible';
    if (cpu === 'root') return known(null);
    const limit = cpu === 'not_visible' ? undefined : readCpuLimit(cpu);
    if (limit !== undefined) return known(limit);
  } catch (error) {
    if (!(error instanceof NotPermittedError)) throw error;
  }
  return notKnown('the CPU limit of its cgroup cannot be read');
}

function readOpenFiles(proc: Procfs, pid: Runner['pid']): Fact<number> {
  if (typeof pid !== 'number') return notKnown(`the limit of open files is not known: ${NOT_VISIBLE}`);
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(unlessDenied(() => proc.read(`${pid}/limits`)) ?? '')?.[1];
  if (soft === undefined) return notKnown('the limit of open files of the master cannot be read');
  return known(soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft));
}

function readMounts(proc: Procfs, pid: Runner['pid']): AuditFacts['mounts'] {
  if (typeof pid !== 'number') return notKnown(`what the cache is on is not known: ${NOT_VISIBLE}`);
  const text = unlessDenied(() => proc.read(`${pid}/mountinfo`));
  return text === undefined ? notKnown('the mounts of the master cannot be read') : known(parseMountInfo(text));
}

async function readVersion(proc: Procfs, { pid, host }: Runner): Promise<Fact<string>> {
  if (typeof pid !== 'number') return notKnown(`the version of nginx is not known: ${NOT_VISIBLE}`);
  const title = unlessDenied(() => proc.readPrefix(`${pid}/cmdline`, MAX_TITLE_BYTES)) ?? '';
  const program = parseMasterTitle(title)?.program ?? '';
  const named = program.startsWith('/') ? [program] : PROGRAM_DIRECTORIES.map((directory) => join(directory, program));
  for (const path of [
    join(proc.root, String(pid), 'exe'),
    ...(program === '' ? [] : named).map((one) => resolve(host, one)),
  ]) {
    try {
      const version = await readNginxVersion(path);
      return version === null ? notKnown('its program is not plain nginx') : known(version);
    } catch {
      // Not there, or not permitted: the same program may be found by its name.
    }
  }
  return notKnown('the version of nginx cannot be read from its program');
}

function resolve(host: HostFiles, path: string): string {
  try {
    return host.resolve(path);
  } catch {
    return path;
  }
}
