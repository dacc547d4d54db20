import type { GivenName } from '../contract/gateway-names.ts';
import type { NodeLook } from '../contract/node.ts';
import type { CollectorContext, Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { findGatewayPids } from '../sources/node/gateway-pids.ts';
import { nginxSubjectOf } from './gateway-subject.ts';
import { type ConfigPlace, placeOf } from './nginx-config-place.ts';
import { awaitedNote, NginxPods } from './nginx-pods.ts';
import { type OwnPod, ownPod } from './own-pod.ts';

/** What is known of masters before they are looked for. */
export interface MasterSearch {
  /** Where to look; without it every process is read. */
  readonly pids?: readonly number[] | undefined;
  /** By pid: what a user calls them. */
  readonly names?: ReadonlyMap<number, GivenName> | undefined;
  /** At the node, for the pods that they run in. */
  readonly look?: NodeLook | undefined;
  /** The pod that this process runs in. */
  readonly own?: OwnPod | undefined;
  /** Told of each master that is left out until the name of its pod has come. */
  readonly onAwaited?: (pid: number) => void;
}

const NOWHERE: OwnPod = { namespace: '', pod: '' };
/** The one that the search for processes has just taken. */
const LOOK_AGE_MS = 30_000;

export async function searchMasters({ node, names }: Pick<CollectorContext<never>, 'node' | 'names'>) {
  const { nginx: pids } = await findGatewayPids(node);
  const look = await node.look(LOOK_AGE_MS);
  return { pids, look, names: names?.ofMasters(pids) } satisfies MasterSearch;
}

/** For who follows logs: where he runs himself counts, too. */
export async function searchLogMasters(
  context: Pick<CollectorContext<never>, 'node' | 'names'>,
  onAwaited: (pid: number) => void,
): Promise<MasterSearch> {
  return { ...(await searchMasters(context)), own: ownPod(process.env), onAwaited };
}

/** A running master whose configuration can be looked at. */
export interface FoundMaster {
  readonly master: Master;
  readonly place: ConfigPlace;
  /** Its file system. */
  readonly host: HostFiles;
  /** `nginx master PID`. */
  readonly who: string;
  /** The one that it runs in and has its name by; `place.gateway` is the workload then. */
  readonly pod: OwnPod | null;
}

/** The masters of this host whose files are visible; what is not goes to `notes`. */
export function placedMasters(paths: Paths, notes: string[], search: MasterSearch = {}): FoundMaster[] {
  const { pids, names, look, own = NOWHERE, onAwaited } = search;
  const masters = findMasters(paths.proc, notes, pids);
  if (masters.length === 0) notes.push('no running nginx master is visible');
  const pods = new NginxPods(masters, { paths, own, look });
  return masters.flatMap((master) => {
    const who = `nginx master ${master.pid}`;
    if (master.files === 'other' || (master.files === 'host' && paths.root === '')) {
      notes.push(
        `${who} has its own file system (a container, or the host without paths.root): its files are not visible`,
      );
      return [];
    }
    const host = new HostFiles(master.files === 'ours' ? '' : paths.root);
    const place = placeOf(master, host);
    if (place === undefined) {
      notes.push(`${who}: its configuration is at none of the usual places or relative to an unknown directory`);
      return [];
    }
    const given = names?.get(master.pid)?.gateway;
    const pod = given === undefined ? pods.of(master) : null;
    if (pod === undefined) {
      notes.push(awaitedNote(master));
      onAwaited?.(master.pid);
      return [];
    }
    const { gateway } = nginxSubjectOf({ pod, given, config: place.gateway });
    return [{ master, place: { ...place, gateway }, host, who, pod }];
  });
}
