import type { GivenName } from '../contract/gateway-names.ts';
import type { CollectorContext, Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { findGatewayPids } from '../sources/node/gateway-pids.ts';
import { type ConfigPlace, placeOf } from './nginx-config-place.ts';

/** What is known of masters before they are looked for. */
export interface MasterSearch {
  /** Where to look; without it every process is read. */
  readonly pids?: readonly number[] | undefined;
  /** By pid: what a user calls them. */
  readonly names?: ReadonlyMap<number, GivenName> | undefined;
}

export async function searchMasters({ node, names }: Pick<CollectorContext<never>, 'node' | 'names'>) {
  const { nginx: pids } = await findGatewayPids(node);
  return { pids, names: names?.ofMasters(pids) } satisfies MasterSearch;
}

/** A running master whose configuration can be looked at. */
export interface FoundMaster {
  readonly master: Master;
  readonly place: ConfigPlace;
  /** Its file system. */
  readonly host: HostFiles;
  /** `nginx master PID`. */
  readonly who: string;
}

/** The masters of this host whose files are visible; what is not goes to `notes`. */
export function placedMasters(paths: Paths, notes: string[], { pids, names }: MasterSearch = {}): FoundMaster[] {
  const masters = findMasters(paths.proc, notes, pids);
  if (masters.length === 0) notes.push('no running nginx master is visible');
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
    const gateway = names?.get(master.pid)?.gateway ?? place?.gateway;
    if (place !== undefined && gateway !== undefined) return [{ master, place: { ...place, gateway }, host, who }];
    notes.push(`${who}: its configuration is at none of the usual places or relative to an unknown directory`);
    return [];
  });
}
