import type { GatewaySettings, GatewaySettingsBoard } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { findMasters } from '../sources/nginx-discovery-master.ts';
import { findNodeNetworks, networkOf } from '../sources/node-network.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';
import { subjectOf } from './gateway-subject.ts';
import type { OwnPod } from './nginx-config-find.ts';
import { gatewayOf } from './nginx-config-place.ts';
import { searchMasters } from './nginx-masters.ts';

/** A running nginx. */
export interface NginxMaster {
  readonly pid: number;
  /** With the pid it names the process for good. */
  readonly startTicks: number;
  /** Value of the gateway label outside of pods. */
  readonly name: string;
  /** Null: none, or not known. */
  readonly pod: OwnPod | null;
  /** Its network is a container's or a pod's, not that of the node, where anybody may listen. */
  readonly isAlone: boolean;
}

export interface NginxSearch extends Pick<CollectorContext<never>, 'paths' | 'node' | 'names'> {
  readonly own: OwnPod;
}

/** The one that the search for processes has just taken. */
const LOOK_AGE_MS = 30_000;

/** The masters whose titles are believed; in `notes` those that are not. */
export async function findNginx(proc: Procfs, search: NginxSearch, notes: string[]): Promise<NginxMaster[]> {
  const { paths, own, node } = search;
  const { pids, names } = await searchMasters(search);
  const masters = findMasters(paths.proc, notes, pids);
  if (masters.length === 0) return [];
  const { processes, pods } = await node.look(LOOK_AGE_MS);
  // A pid 1 that is a gateway itself is its container's, not the node's.
  const isInit = processes.get(1)?.comm !== 'envoy' && masters.every(({ pid }) => pid !== 1);
  const nodes = findNodeNetworks(proc, isInit);
  const ownNetwork = unlessDenied(() => networkOf(proc, 'self'));
  const found: NginxMaster[] = [];
  for (const { pid, config } of masters) {
    const startTicks = readProcessStat(proc, pid)?.startTicks;
    if (startTicks === undefined) continue;
    const network = unlessDenied(() => networkOf(proc, pid));
    const isAlone = network !== undefined && !nodes.has(network);
    const isOwn = isAlone && own.pod !== '' && network === ownNetwork;
    const known = processes.get(pid);
    const other = known?.startTicks === startTicks ? pods.get(known.podUid) : undefined;
    const pod = isOwn ? own : (other ?? null);
    const name = names?.get(pid)?.gateway ?? gatewayOf(config ?? 'nginx');
    found.push({ pid, startTicks, name, pod, isAlone });
  }
  return found;
}

/** What is known of the configuration that the master runs. */
export function settingsOf(
  { pid, startTicks }: Pick<NginxMaster, 'pid' | 'startTicks'>,
  settings: Pick<GatewaySettingsBoard, 'all'>,
): GatewaySettings | null {
  return settings.all().find(({ master }) => master?.pid === pid && master.startTicks === startTicks) ?? null;
}

/** A configured name comes before one that is found; a pod that is known is never left out. */
export function nginxSubject(
  { name, pod }: Pick<NginxMaster, 'name' | 'pod'>,
  settings: GatewaySettings | null,
): Subject {
  const isSaid = settings !== null && (pod === null || settings.subject.pod !== '');
  return isSaid ? settings.subject : subjectOf(pod, name);
}
