import { type NginxConf, walkConf } from '../parse/nginx-conf-tree.ts';
import { type LogPlace, logFile, readLogConf } from './nginx-log-conf.ts';

export interface FoundErrorLogs {
  /** Paths as the host sees them. */
  readonly files: { readonly path: string; readonly level: string }[];
  /** Whether the main context has an error_log (a file or not), so that the compiled-in one is not used. */
  readonly inMain: boolean;
}

/** The `error_log` files of one nginx configuration with its includes, at any depth and in blocks of any module. */
export function readErrorLogs(place: LogPlace, notes: string[]): FoundErrorLogs {
  return errorLogsOf(readLogConf(place, notes), place, notes);
}

export function errorLogsOf({ directives }: NginxConf, place: LogPlace, notes: string[]): FoundErrorLogs {
  const files: { path: string; level: string }[] = [];
  let inMain = false;
  for (const { directive, parents } of walkConf(directives)) {
    const { name, kind, args } = directive;
    if (name !== 'error_log' || kind !== 'simple' || args.length === 0) continue;
    inMain ||= parents.length === 0;
    const path = logFile(place, 'error_log', args[0], notes);
    if (path !== undefined) files.push({ path, level: args[1] ?? 'error' });
  }
  return { files, inMain };
}
