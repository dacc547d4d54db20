import { posix } from 'node:path';
import { readNginxConf } from '../parse/nginx-conf-reader.ts';
import type { ConfLimit, NginxConf } from '../parse/nginx-conf-tree.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';
import { ConfigTree } from './nginx-config-tree.ts';

/** Not files: nginx' own destinations, and what containers link their log to. */
const NO_FILE = /^(stderr|off)$|^(syslog|memory):|^\/dev\//;
const LIMITS = { includeDepth: 8, files: 512, bytes: 16 << 20 };
/** That a file includes itself leaves nothing out. */
const LEAVES_OUT: readonly ConfLimit[] = ['nesting', 'bytes', 'directives', 'arguments', 'include_depth', 'files'];

/** Where one nginx has its configuration and its logs. */
export interface LogPlace {
  readonly host: HostFiles;
  /** Absolute path of the main file, as the host sees it. */
  readonly config: string;
  /** Directory of relative log paths; undefined when it is not known. */
  readonly prefix: string | undefined;
  /** Directives of the main context from the command line. */
  readonly directives: string;
}

/** The configuration with its includes. @param keep what is needed of it */
export function openLogConf<C>({ host, config, directives }: LogPlace, keep: (conf: NginxConf) => C): ConfigTree<C> {
  return new ConfigTree({ host, main: config, directives, limits: LIMITS }, keep);
}

/** What the command line alone says. */
export function commandLineConf({ directives }: Pick<LogPlace, 'directives'>): NginxConf {
  return readNginxConf({ path: '-g', text: `${directives};`.replace(/;[\s;]*$/, ';') });
}

/** The configuration with its includes, as much of it as can be read; what cannot goes to `notes`. */
export function readLogConf(place: LogPlace, notes: string[]): NginxConf {
  const { config } = place;
  try {
    const { conf, unreadable } = openLogConf(place, (whole) => whole).read();
    for (const { path, reason } of unreadable) notes.push(`cannot read ${path}: ${reason}`);
    if (LEAVES_OUT.some((limit) => conf.limits[limit] > 0))
      notes.push(`${config}: too many or too deep includes, not all read`);
    return conf;
  } catch (error) {
    notes.push(`cannot read ${config}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    return commandLineConf(place);
  }
}

/** The file that `directive TARGET` writes, as the host sees it; undefined with a note when it is none to follow. */
export function logFile(
  { config, prefix }: LogPlace,
  directive: string,
  target: string,
  notes: string[],
): string | undefined {
  if (NO_FILE.test(target)) {
    notes.push(`${config}: ${directive} ${target.split(':')[0]} is no file to follow`);
    return undefined;
  }
  if (target.startsWith('/')) return posix.normalize(target);
  if (prefix?.startsWith('/')) return posix.resolve(prefix, target);
  notes.push(`${config}: ${directive} ${target} is relative to a compiled-in directory that is not known`);
  return undefined;
}

/** Whether the file can be followed now or later; if not a note says why. */
export function isFollowable(path: string, host: HostFiles, notes: string[]): boolean {
  const kind = host.kindOf(path);
  if (kind === 'denied') notes.push(`${path}: not permitted (its directory); add the group of the log, often adm`);
  if (kind === 'other' || kind === 'directory') notes.push(`${path} is not a regular file`);
  return kind === 'file' || kind === 'missing' || kind === 'denied';
}
