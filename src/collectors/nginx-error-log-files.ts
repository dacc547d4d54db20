import { posix } from 'node:path';
import { readNginxConf } from '../parse/nginx-conf-reader.ts';
import { type ConfLimit, type Directive, walkConf } from '../parse/nginx-conf-tree.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';
import { ConfigTree } from './nginx-config-tree.ts';

/** Not files: nginx' own destinations, and what containers link their log to. */
const NO_FILE = /^(stderr|off)$|^(syslog|memory):|^\/dev\//;
const LIMITS = { includeDepth: 8, files: 512, bytes: 16 << 20 };
/** That a file includes itself leaves nothing out. */
const LEAVES_OUT: readonly ConfLimit[] = ['nesting', 'bytes', 'directives', 'arguments', 'include_depth', 'files'];

export interface ErrorLogPlace {
  readonly host: HostFiles;
  /** Absolute path of the main file, as the host sees it. */
  readonly config: string;
  /** Directory of relative log paths; undefined when it is not known. */
  readonly prefix: string | undefined;
  /** Directives of the main context from the command line. */
  readonly directives: string;
}

export interface FoundErrorLogs {
  /** Paths as the host sees them. */
  readonly files: { readonly path: string; readonly level: string }[];
  /** Whether the main context has an error_log (a file or not), so that the compiled-in one is not used. */
  readonly inMain: boolean;
}

/** The `error_log` files of one nginx configuration with its includes, at any depth and in blocks of any module. */
export function readErrorLogs({ host, config, prefix, directives }: ErrorLogPlace, notes: string[]): FoundErrorLogs {
  const files: { path: string; level: string }[] = [];
  let inMain = false;

  function logPath(target: string): string | undefined {
    if (NO_FILE.test(target)) {
      notes.push(`${config}: error_log ${target.split(':')[0]} is no file to follow`);
      return undefined;
    }
    if (target.startsWith('/')) return posix.normalize(target);
    if (prefix?.startsWith('/')) return posix.resolve(prefix, target);
    notes.push(`${config}: error_log ${target} is relative to a compiled-in directory that is not known`);
    return undefined;
  }

  for (const { directive, parents } of walkConf(readDirectives({ host, config, directives }, notes))) {
    const { name, kind, args } = directive;
    if (name !== 'error_log' || kind !== 'simple' || args.length === 0) continue;
    inMain ||= parents.length === 0;
    const path = logPath(args[0]);
    if (path !== undefined) files.push({ path, level: args[1] ?? 'error' });
  }
  return { files, inMain };
}

function readDirectives(place: Omit<ErrorLogPlace, 'prefix'>, notes: string[]): readonly Directive[] {
  const { host, config, directives } = place;
  try {
    const { conf, unreadable } = new ConfigTree({ host, main: config, directives, limits: LIMITS }).read();
    for (const { path, reason } of unreadable) notes.push(`cannot read ${path}: ${reason}`);
    if (LEAVES_OUT.some((limit) => conf.limits[limit] > 0))
      notes.push(`${config}: too many or too deep includes, not all read`);
    return conf.directives;
  } catch (error) {
    notes.push(`cannot read ${config}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    return readNginxConf({ path: '-g', text: `${directives};`.replace(/;[\s;]*$/, ';') }).directives;
  }
}
