import type { Subject } from '../contract/metrics.ts';
import type { Paths } from '../contract/unit.ts';
import { Glob } from '../sources/glob.ts';
import { podOfLogPath, workloadOfPod } from '../sources/pod-log-path.ts';
import { discoverNginxLogs } from './nginx-discovery.ts';
import type { NginxErrorLogConfig } from './nginx-error-log.ts';
import type { MasterSearch } from './nginx-masters.ts';

interface LogFile {
  readonly path: string;
  readonly gateway?: string | undefined;
}

/** Which files to follow, and which gateway each belongs to. */
export interface LogPlan {
  readonly files: readonly LogFile[];
  readonly globs: readonly string[];
  /** What was found and what not and why, in sentences. */
  readonly notes: readonly string[];
  subjectOf(path: string): Subject;
}

const DEFAULT_GATEWAY = 'nginx';

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
  const known = new Set(before.map(({ path }) => path));
  return plan([...before, ...files.filter(({ path }) => !known.has(path))], notes);
}

/** Before anybody has looked. */
export const NO_LOGS: LogPlan = plan([], []);

function plan(files: readonly LogFile[], notes: readonly string[]): LogPlan {
  const named = files.map(({ path, gateway }) => ({ glob: new Glob(path), gateway }));
  return {
    files,
    globs: files.map(({ path }) => path),
    notes,
    subjectOf(path) {
      const gateway = named.find(({ glob }) => glob.matches(path))?.gateway;
      const log = podOfLogPath(path);
      if (log === null) return { namespace: '', pod: '', container: '', gateway: gateway ?? DEFAULT_GATEWAY };
      const { namespace, pod, container } = log;
      return { namespace, pod, container, gateway: gateway ?? workloadOfPod(pod) };
    },
  };
}
