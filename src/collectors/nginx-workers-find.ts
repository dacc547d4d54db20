import type { GatewaySettings, GatewaySettingsBoard } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { CollectorContext } from '../contract/unit.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';
import { nginxSubjectOf } from './gateway-subject.ts';
import { gatewayOf } from './nginx-config-place.ts';
import { searchMasters } from './nginx-masters.ts';
import { awaitedNote, NginxPods } from './nginx-pods.ts';
import type { OwnPod } from './own-pod.ts';

/** A running nginx. */
export interface NginxMaster {
  readonly pid: number;
  /** With the pid it names the process for good. */
  readonly startTicks: number;
  /** As long as nobody has read its configuration. */
  readonly subject: Subject;
  /** Its network is a container's or a pod's, not that of the node, where anybody may listen. */
  readonly isAlone: boolean;
}

export interface NginxSearch extends Pick<CollectorContext<never>, 'paths' | 'node' | 'names'> {
  readonly own: OwnPod;
  /** Told of each master that is left out until the name of its pod has come. */
  readonly onAwaited?: (pid: number) => void;
}

/** The masters whose titles are believed; in `notes` those that are not. */
export async function findNginx(proc: Procfs, search: NginxSearch, notes: string[]): Promise<NginxMaster[]> {
  const { paths, own, onAwaited } = search;
  const { pids, names, look } = await searchMasters(search);
  const masters = findMasters(paths.proc, notes, pids);
  const pods = new NginxPods(masters, { paths, own, look });
  const found: NginxMaster[] = [];
  for (const master of masters) {
    const { pid } = master;
    const startTicks = readProcessStat(proc, pid)?.startTicks;
    if (startTicks === undefined) continue;
    const subject = foundSubject(master, pods, names?.get(pid)?.gateway);
    if (subject !== undefined) found.push({ pid, startTicks, subject, isAlone: pods.isAlone(pid) });
    else {
      notes.push(awaitedNote(master));
      onAwaited?.(pid);
    }
  }
  return found;
}

/** By its processes alone; undefined: the name of its pod may still come. */
export function foundSubject(master: Master, pods: NginxPods, given: string | undefined): Subject | undefined {
  const pod = given === undefined ? pods.of(master) : null;
  return pod === undefined ? undefined : nginxSubjectOf({ pod, given, config: gatewayOf(master.config ?? 'nginx') });
}

/** What is known of the configuration that the master runs. */
export function settingsOf(
  { pid, startTicks }: Pick<NginxMaster, 'pid' | 'startTicks'>,
  settings: Pick<GatewaySettingsBoard, 'all'>,
): GatewaySettings | null {
  return settings.all().find(({ master }) => master?.pid === pid && master.startTicks === startTicks) ?? null;
}
