import { posix } from 'node:path';
import { Glob } from './glob.ts';
import { scanNginxConfig } from './nginx-discovery-config.ts';
import type { HostFiles } from './nginx-discovery-files.ts';

const MAX_DEPTH = 8;
const MAX_FILES = 512;
const MAX_FILE_BYTES = 1 << 20;
const MAX_TOTAL_BYTES = 16 << 20;
/** Not files: nginx' own destinations, and what containers link their log to. */
const NO_FILE = /^(stderr|off)$|^(syslog|memory):|^\/dev\//;

export interface ConfigPlace {
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

/** The `error_log` files of one nginx configuration with its includes, bounded in depth, files and bytes. */
export function readErrorLogs(place: ConfigPlace, notes: string[]): FoundErrorLogs {
  const { host, config, prefix } = place;
  const files: { path: string; level: string }[] = [];
  const seen = new Set<string>();
  let inMain = false;
  let bytes = 0;
  let complete = true;

  function scan(text: string, main: boolean, depth: number): void {
    const { errorLogs, includes } = scanNginxConfig(text, main);
    for (const { target, level, main: isMain } of errorLogs) {
      inMain ||= isMain;
      const path = logPath(target);
      if (path !== undefined) files.push({ path, level });
    }
    for (const include of includes) {
      for (const file of expand(host, posix.resolve(posix.dirname(config), include.pattern), notes)) {
        visit(file, include.main, depth + 1);
      }
    }
  }

  function visit(file: string, main: boolean, depth: number): void {
    if (seen.has(file)) return;
    if (depth > MAX_DEPTH || seen.size >= MAX_FILES || bytes > MAX_TOTAL_BYTES) {
      complete = false;
      return;
    }
    seen.add(file);
    try {
      const text = host.read(file, MAX_FILE_BYTES);
      bytes += text.length;
      scan(text, main, depth);
    } catch (error) {
      notes.push(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    }
  }

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

  scan(place.directives, true, 0);
  visit(config, true, 0);
  if (!complete) notes.push(`${config}: too many or too deep includes, not all read`);
  return { files, inMain };
}

/** Paths, as the host sees them, that an include names; nginx includes in the order of the names. */
function expand(host: HostFiles, pattern: string, notes: string[]): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  try {
    const fixed = pattern.slice(0, pattern.search(/[^/]*[*?[]/));
    const base = host.resolve(fixed);
    const matches = new Glob(posix.join(base, pattern.slice(fixed.length))).scan(MAX_FILES);
    return matches.map((path) => path.slice(host.root.length));
  } catch (error) {
    notes.push(`include ${pattern}: ${(error as Error).message}`);
    return [];
  }
}
