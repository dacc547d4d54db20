import { counted } from '../contract/counted.ts';
import type { Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { readAccessLogs } from './nginx-access-log-files.ts';
import { type MasterSearch, placedMasters } from './nginx-masters.ts';
import { podLogGlobs } from './nginx-pod-logs.ts';
import type { OwnPod } from './own-pod.ts';

export interface DiscoveredAccessLog {
  /** File or glob as this process sees it, root included. */
  readonly path: string;
  /** The name that it was given, else the workload of its pod, else that of the configuration file without `.conf`; undefined for pods, whose path names them. */
  readonly gateway?: string;
  /** Whose the gateway is, where its path does not say that. */
  readonly pod?: OwnPod | null;
  /** Name of its format; `auto`: nobody says, its lines must. */
  readonly format: string;
  /** Behind the name in its `log_format`; undefined: there is none of this name, or it is `auto`. */
  readonly words: readonly string[] | undefined;
}

export interface AccessDiscovery {
  readonly files: readonly DiscoveredAccessLog[];
  /** What was found, what not, and why. */
  readonly notes: readonly string[];
}

/**
 * The access logs that the configuration of this host's running masters names, with their formats, and the logs of pods that look like
 * gateways, whose configuration is not readable from here.
 */
export function discoverAccessLogs(paths: Paths, search: MasterSearch = {}): AccessDiscovery {
  const notes: string[] = [];
  const files = new Map<string, DiscoveredAccessLog>();
  for (const { master, place, host, who, pod } of placedMasters(paths, notes, search)) {
    const logs = readAccessLogs({ ...place, host, directives: master.directives }, notes);
    for (const log of logs) if (!files.has(log.path)) files.set(log.path, { ...log, gateway: place.gateway, pod });
    notes.push(`${who}: ${counted(logs.length, 'access log')} from ${place.config}`);
  }
  for (const path of podLogGlobs(new HostFiles(paths.root), notes))
    files.set(path, { path, format: 'auto', words: undefined });
  return { files: [...files.values()], notes };
}
