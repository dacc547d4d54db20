import type { Subject } from '../contract/metrics.ts';
import type { Paths } from '../contract/unit.ts';
import { logSubjects } from './log-subjects.ts';
import { discoverNginxLogs } from './nginx-discovery.ts';
import type { NginxErrorLogConfig } from './nginx-error-log.ts';
import type { MasterSearch } from './nginx-masters.ts';
import type { OwnPod } from './own-pod.ts';

interface LogFile {
  readonly path: string;
  readonly gateway?: string | undefined;
  readonly pod?: OwnPod | null;
}

/** Which files to follow, and which gateway each belongs to. */
export interface LogPlan {
  readonly files: readonly LogFile[];
  readonly globs: readonly string[];
  /** What was found and what not and why, in sentences. */
  readonly notes: readonly string[];
  subjectOf(path: string): Subject;
}

/**
 * Configured files, else what discovery finds on this host beside what it found `before`: an nginx that is down for a
 * moment keeps its logs.
 */
export function findLogs(
  config: NginxErrorLogConfig,
  paths: Paths,
  before: readonly LogFile[] = [],
  search: MasterSearch = {},
): LogPlan {
  if (config.files.length > 0) return plan(config.files, []);
  if (!config.discover)
    return plan([], ['no files configured and discovery is off (collectors.nginx_error_log.discover)']);
  const { files, notes } = discoverNginxLogs(paths, search);
  const news = new Set(files.map(({ path }) => path));
  return plan([...before.filter(({ path }) => !news.has(path)), ...files], notes);
}

/** Before anybody has looked. */
export const NO_LOGS: LogPlan = plan([], []);

function plan(files: readonly LogFile[], notes: readonly string[]): LogPlan {
  return { files, globs: files.map(({ path }) => path), notes, subjectOf: logSubjects(files) };
}
