import type { Paths } from '../contract/unit.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { findMasters, type Master } from '../sources/nginx-discovery-master.ts';
import { placeOf } from './nginx-config-place.ts';
import { readErrorLogs } from './nginx-error-log-files.ts';

export interface DiscoveredLog {
  /** File or glob as this process sees it, root included. */
  readonly path: string;
  readonly kind: 'plain' | 'cri';
  /** Name of the configuration file without `.conf`; undefined for pods, whose path names them. */
  readonly gateway: string | undefined;
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
const POD_LOGS = '/var/log/pods';
const GATEWAY_PODS = ['nginx', 'ingress', 'gateway'];
/** At these levels nginx does not write `[error]`, where upstream failures are. */
const TOO_HIGH = ['crit', 'alert', 'emerg'];

/**
 * Finds the error logs of this host's nginx: those that the configuration of running masters names, else the usual places;
 * and where there are pods, the logs of those that look like gateways. Reads only; never runs nginx, so a compiled-in
 * path other than the usual ones stays unknown.
 * @param pids where to look for masters, as of `findGatewayPids`
 */
export function discoverNginxLogs(paths: Paths, pids?: readonly number[]): Discovery {
  const notes: string[] = [];
  const found = new Map<string, DiscoveredLog>();
  const add = (log: DiscoveredLog) => found.has(log.path) || found.set(log.path, log);

  const masters = findMasters(paths.proc, notes, pids);
  if (masters.length === 0) notes.push('no running nginx master is visible');
  for (const master of masters) logsOfMaster(master, paths, notes).forEach(add);

  const host = new HostFiles(paths.root);
  if (found.size === 0) defaultLogs(host, notes).forEach(add);
  podLogs(host, notes).forEach(add);
  return { files: [...found.values()], notes };
}

function logsOfMaster(master: Master, paths: Paths, notes: string[]): DiscoveredLog[] {
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
  const { config, prefix, gateway } = place;
  const { files, inMain } = readErrorLogs({ host, config, prefix, directives: master.directives }, notes);
  // Without an error_log in the main context nginx writes to the file of -e, or to a compiled-in one.
  if (!inMain && master.errorLog?.startsWith('/')) files.push({ path: master.errorLog, level: 'error' });
  else if (!inMain) notes.push(`${who}: no error_log in the main context; the compiled-in one is not known`);
  const logs = files.filter(({ path }) => isFollowable(path, host, notes));
  for (const { path, level } of logs) {
    if (TOO_HIGH.includes(level)) notes.push(`${path} is written at level ${level}: it has no upstream failures`);
  }
  notes.push(`${who}: ${logs.length} error logs from ${config}`);
  return logs.map(({ path, level }) => ({ path: host.resolve(path), kind: 'plain', gateway, from: 'config', level }));
}

function isFollowable(path: string, host: HostFiles, notes: string[]): boolean {
  const kind = host.kindOf(path);
  if (kind === 'denied') notes.push(`${path}: not permitted (its directory); add the group of the log, often adm`);
  if (kind === 'other' || kind === 'directory') notes.push(`${path} is not a regular file`);
  return kind === 'file' || kind === 'missing' || kind === 'denied';
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
  const kind = host.kindOf(POD_LOGS);
  if (kind === 'denied') notes.push(`${POD_LOGS}: not permitted; add supplementary group 0`);
  if (kind !== 'directory') return [];
  notes.push(`pods whose name has one of ${GATEWAY_PODS.join(', ')}: ${POD_LOGS}; configure files to follow others`);
  return GATEWAY_PODS.map((word) => ({
    path: `${host.root}${POD_LOGS}/*_*${word}*_*/*/*.log`,
    kind: 'cri',
    gateway: undefined,
    from: 'pods',
    level: undefined,
  }));
}
