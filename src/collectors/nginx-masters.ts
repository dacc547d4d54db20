import type { Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { type ConfigPlace, placeOf } from './nginx-config-place.ts';

/** A running master whose configuration can be looked at. */
export interface FoundMaster {
  readonly master: Master;
  readonly place: ConfigPlace;
  /** Its file system. */
  readonly host: HostFiles;
  /** `nginx master PID`. */
  readonly who: string;
}

/** The masters of this host whose files are visible; what is not goes to `notes`. `pids`: as of `findGatewayPids`. */
export function placedMasters(paths: Paths, notes: string[], pids?: readonly number[]): FoundMaster[] {
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
    if (place !== undefined) return [{ master, place, host, who }];
    notes.push(`${who}: its configuration is at none of the usual places or relative to an unknown directory`);
    return [];
  });
}
