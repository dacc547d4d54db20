import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { NodeLook } from '../contract/node.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { findEnvoys } from '../sources/envoy-processes.ts';
import { findMasters } from '../sources/nginx-discovery-master.ts';
import { readMaster } from '../sources/nginx-workers.ts';
import type { GatewayPids } from '../sources/node/gateway-pids.ts';
import { findNodeNetworks, networkOf } from '../sources/node-network.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import { readSocketUser } from '../sources/process-user.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';
import { isSameSubject, subjectOf } from './gateway-subject.ts';
import { awaitedNote, NginxPods } from './nginx-pods.ts';
import { foundSubject, settingsOf } from './nginx-workers-find.ts';
import type { OwnPod } from './own-pod.ts';

/** An nginx master or an Envoy. */
export interface GatewayProcess {
  readonly proxy: ProxyKind;
  readonly pid: number;
  /** With the pid it names the process for good. */
  readonly startTicks: number;
}

/** The processes of one gateway in one network namespace. */
export interface SocketGateway {
  /** The same for the same gateway while its network namespace lives. */
  readonly key: string;
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly network: string;
  readonly processes: readonly GatewayProcess[];
}

export interface SocketSearch extends Pick<CollectorContext<never>, 'paths' | 'settings' | 'names'> {
  readonly own: OwnPod;
  readonly pids?: GatewayPids | undefined;
  readonly look?: NodeLook | undefined;
  /** Told of each nginx master that is left out until the name of its pod has come. */
  readonly onAwaited?: (pid: number) => void;
}

interface Candidate {
  readonly proxy: ProxyKind;
  readonly pid: number;
  /** By its processes; undefined: the name of its pod may still come. */
  readonly subject: Subject | undefined;
}

/** The gateways whose sockets can be told from others', and in `notes` those whose cannot. */
export function findSocketGateways(proc: Procfs, search: SocketSearch, notes: string[]): SocketGateway[] {
  const { own, settings, onAwaited } = search;
  const candidates = findCandidates(search, notes);
  if (candidates.length === 0) notes.push('no nginx master and no Envoy is visible');
  // A pid 1 that is a gateway itself is its container's, not the node's.
  const nodes = findNodeNetworks(proc, !candidates.some(({ pid }) => pid === 1));
  const ownNetwork = networkOf(proc, 'self');
  const found = new Map<string, SocketGateway & { readonly processes: GatewayProcess[] }>();
  for (const { proxy, pid, ...candidate } of candidates) {
    const network = networkUnlessDenied(proc, pid, notes);
    const startTicks = readProcessStat(proc, pid)?.startTicks;
    if (network === undefined || startTicks === undefined) continue;
    if (nodes.has(network)) {
      notes.push(`${proxy} ${pid} is in the node's network, where its sockets cannot be told from others'`);
      continue;
    }
    // The name is that of `nginx_config`, so that the addresses of a configuration take the place of those that are seen.
    const said = proxy === 'nginx' ? settingsOf({ pid, startTicks }, settings)?.subject : undefined;
    // Containers of one pod share its network.
    const isOwnEnvoy = proxy === 'envoy' && own.pod !== '' && network === ownNetwork;
    const subject = said ?? (isOwnEnvoy ? subjectOf(own, proxy) : candidate.subject);
    if (subject === undefined) {
      notes.push(awaitedNote({ pid }));
      onAwaited?.(pid);
      continue;
    }
    const key = [network, proxy, ...Object.values(subject)].join('\xff');
    const gateway = found.get(key) ?? { key, proxy, subject, network, processes: [] };
    gateway.processes.push({ proxy, pid, startTicks });
    found.set(key, gateway);
  }
  return [...found.values()];
}

/** Its processes that are still there; after a look none of them may be another one that has got the pid. */
export function livingOf(proc: Procfs, { network, processes }: SocketGateway): GatewayProcess[] {
  return processes.filter(
    ({ pid, startTicks }) =>
      readProcessStat(proc, pid)?.startTicks === startTicks && networkUnlessDenied(proc, pid, []) === network,
  );
}

/** Whether `nginx_config`, which may have come later, calls it by another name. */
export function isRenamed({ subject, processes }: SocketGateway, settings: SocketSearch['settings']): boolean {
  return processes.some((process) => {
    const said = process.proxy === 'nginx' ? settingsOf(process, settings)?.subject : undefined;
    return said !== undefined && !isSameSubject(said, subject);
  });
}

/** Users that the connections of these processes are made by. nginx has workers for that, mostly of another user. */
export function usersOf(proc: Procfs, processes: readonly GatewayProcess[]): ReadonlySet<number> {
  const users = new Set<number>();
  for (const { proxy, pid } of processes) {
    const workers = proxy === 'nginx' ? (readMaster(proc, pid)?.workers ?? []) : [];
    for (const one of workers.length > 0 ? workers.map((worker) => worker.pid) : [pid]) {
      const user = readSocketUser(proc, one);
      if (user !== undefined) users.add(user);
    }
  }
  return users;
}

function networkUnlessDenied(proc: Procfs, pid: number, notes: string[]): string | undefined {
  try {
    return networkOf(proc, pid);
  } catch (error) {
    if (!(error instanceof NotPermittedError)) throw error;
    notes.push(`not permitted to see the network of process ${pid}`);
    return undefined;
  }
}

function findCandidates(
  { paths, own, look, pids, names }: Omit<SocketSearch, 'settings'>,
  notes: string[],
): Candidate[] {
  const masters = findMasters(paths.proc, notes, pids?.nginx);
  const envoys = findEnvoys(paths.proc, notes, pids?.envoy);
  const given = names?.ofMasters(masters.map(({ pid }) => pid));
  const pods = new NginxPods(masters, { paths, own, look });
  return [
    ...masters.map((master): Candidate => {
      const { pid } = master;
      return { proxy: 'nginx', pid, subject: foundSubject(master, pods, given?.get(pid)?.gateway) };
    }),
    ...envoys.map((pid): Candidate => ({ proxy: 'envoy', pid, subject: subjectOf(null, 'envoy') })),
  ];
}
