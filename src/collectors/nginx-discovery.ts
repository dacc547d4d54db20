import { counted } from '../contract/counted.ts';
import type { Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { readErrorLogs } from './nginx-error-log-files.ts';
import { isFollowable } from './nginx-log-conf.ts';
import { type FoundMaster, type MasterSearch, placedMasters } from './nginx-masters.ts';
import { podLogGlobs } from './nginx-pod-logs.ts';
import type { OwnPod } from './own-pod.ts';

export interface DiscoveredLog {
  /** File or glob as this process sees it, root included. */
  readonly path: string;
  readonly kind: 'plain' | 'cri';
  /** The name that it was given, else the workload of its pod, else that of the configuration file without `.conf`; undefined for pods, whose path names them. */
  readonly gateway: string | undefined;
  /** Whose the gateway is, where its path does not say that. */
  readonly pod?: OwnPod;
  readonly from: 'config' | 'default' | 'pods';
  /** The level the log is written at; undefined when no configuration was read. */
  readonly level: string | undefined;
}

export interface Discovery {
  readonly files: readonly DiscoveredLog[];
  /** What was found, what not, and why: sentences for the log and the page. */
  readonly notes: readonly string[];
}

const DEFAULT_LOGS = ['/usr/local/nginx/logs/error.log', '/usr/local/openresty/nginx/logs/error.log'];
const LOG_DIRECTORY = '/var/log/nginx';
/** At these levels nginx does not write `[error]`, where upstream failures are. */
const TOO_HIGH = ['crit', 'alert', 'emerg'];

/**
 * Finds the error logs of this host's nginx: those that the configuration of running masters names, else the usual places;
 * and where there are pods, the logs of those that look like gateways. Reads only; never runs nginx, so a compiled-in
 * path other than the usual ones stays unknown.
 */
export function discoverNginxLogs(paths: Paths, search: MasterSearch = {}): Discovery {
  const notes: string[] = [];
  const found = new Map<string, DiscoveredLog>();
  const add = (log: DiscoveredLog) => found.has(log.path) || found.set(log.path, log);

  for (const one of placedMasters(paths, notes, search)) logsOfMaster(one, notes).forEach(add);

  const host = new HostFiles(paths.root);
  if (found.size === 0) defaultLogs(host, notes).forEach(add);
  podLogs(host, notes).forEach(add);
  return { files: [...found.values()], notes };
}

function logsOfMaster({ master, place, host, who, pod }: FoundMaster, notes: string[]): DiscoveredLog[] {
  const { config, prefix, gateway } = place;
  const { files, inMain } = readErrorLogs({ host, config, prefix, directives: master.directives }, notes);
  // Without an error_log in the main context nginx writes to the file of -e, or to a compiled-in one.
  if (!inMain && master.errorLog?.startsWith('/')) files.push({ path: master.errorLog, level: 'error' });
  else if (!inMain) notes.push(`${who}: no error_log in the main context; the compiled-in one is not known`);
  const logs = files.filter(({ path }) => isFollowable(path, host, notes));
  for (const { path, level } of logs) {
    if (TOO_HIGH.includes(level)) notes.push(`${path} is written at level ${level}: it has no upstream failures`);
  }
  notes.push(`${who}: ${counted(logs.length, 'error log')} from ${config}`);
  return logs.map(({ path, level }) => ({
    ...{ path: host.resolve(path), kind: 'plain', gateway, from: 'config', level },
    ...(pod === null ? {} : { pod }),
  }));
}

function defaultLogs(host: HostFiles, notes: string[]): DiscoveredLog[] {
  const log = (path: string) =>
    ({ path: host.root + path, kind: 'plain', gateway: 'nginx', from: 'default', level: undefined }) as const;
  const files = DEFAULT_LOGS.filter((path) => host.kindOf(path) === 'file').map(log);
  const kind = host.kindOf(LOG_DIRECTORY);
  if (kind === 'directory') files.unshift(log(`${LOG_DIRECTORY}/*error*.log`));
  if (kind === 'denied') notes.push(`${LOG_DIRECTORY}: not permitted; add the group of the logs, often adm`);
  notes.push(
    files.length > 0 ? `default places: ${files.map(({ path }) => path).join(', ')}` : 'no log at the default places',
  );
  return files;
}

function podLogs(host: HostFiles, notes: string[]): DiscoveredLog[] {
  return podLogGlobs(host, notes).map((path) => ({
    ...{ path, kind: 'cri', gateway: undefined, from: 'pods', level: undefined },
  }));
}
