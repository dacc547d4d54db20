import type { Subject } from '../contract/metrics.ts';
import type { Paths } from '../contract/unit.ts';
import { compileEnvoyFormat, type EnvoyFormat, type EnvoyLineReader } from '../parse/envoy-access/envoy-format.ts';
import { ENVOY_FORMATS, type EnvoyFormatName } from '../parse/envoy-access/envoy-formats.ts';
import { Glob } from '../sources/glob.ts';
import { HostFiles } from '../sources/nginx-discovery-files.ts';
import { podOfLogPath, workloadOfPod } from '../sources/pod-log-path.ts';
import type { EnvoyAccessLogConfig } from './envoy-access-log.ts';

/** What a file's lines are read by; `built_in`: by the one of the built-in formats that they turn out to be. */
export type PlannedFormat = EnvoyLineReader | 'built_in';

interface LogFile {
  /** File or glob. */
  readonly path: string;
  readonly gateway?: string | undefined;
  readonly format: PlannedFormat;
}

/** Which files to follow, how their lines are read, and which gateway each belongs to. */
export interface EnvoyLogPlan {
  readonly globs: readonly string[];
  /** What was found and what not and why, in sentences. */
  readonly notes: readonly string[];
  subjectOf(path: string): Subject;
  formatOf(path: string): PlannedFormat;
}

const DEFAULT_GATEWAY = 'envoy';
const POD_LOGS = '/var/log/pods';
/** The sidecars of a mesh have the container's name too: only those of gateways are followed unasked. */
const POD_GLOBS = ['*_*/envoy/*.log', '*_*gateway*_*/istio-proxy/*.log', '*_*gateway*_*/consul-dataplane/*.log'];
/** Configured files, else the logs of pods that look like an Envoy's on this host. */
export function planEnvoyLogs({ files, discover }: EnvoyAccessLogConfig, paths: Paths): EnvoyLogPlan {
  if (files.length > 0)
    return plan(
      files.map(({ format, ...file }) => ({ ...file, format: readerOf(format) })),
      [],
    );
  if (!discover) return plan([], ['no files configured and discovery is off (collectors.envoy_access_log.discover)']);
  const kind = new HostFiles(paths.root).kindOf(POD_LOGS);
  if (kind === 'denied') return plan([], [`${POD_LOGS}: not permitted; add supplementary group 0`]);
  if (kind !== 'directory') return plan([], [`no ${POD_LOGS} here: configure collectors.envoy_access_log.files`]);
  const found = POD_GLOBS.map((glob) => ({ path: `${paths.root}${POD_LOGS}/${glob}`, format: 'built_in' as const }));
  return plan(found, [`pods with an Envoy: ${POD_GLOBS.join(', ')} in ${POD_LOGS}; configure files to follow others`]);
}

/** Before anybody has looked. */
export const NO_ENVOY_LOGS: EnvoyLogPlan = plan([], []);

/** Throws EnvoyFormatError. */
export function readerOf(format: EnvoyFormatName | EnvoyFormat | undefined): PlannedFormat {
  if (format === undefined) return 'built_in';
  return compileEnvoyFormat(typeof format === 'string' ? ENVOY_FORMATS[format] : format);
}

function plan(files: readonly LogFile[], notes: readonly string[]): EnvoyLogPlan {
  const named = files.map((file) => ({ ...file, glob: new Glob(file.path) }));
  const fileOf = (path: string) => named.find(({ glob }) => glob.matches(path));
  return {
    globs: files.map(({ path }) => path),
    notes,
    formatOf: (path) => fileOf(path)?.format ?? 'built_in',
    subjectOf(path) {
      const gateway = fileOf(path)?.gateway;
      const log = podOfLogPath(path);
      if (log === null) return { namespace: '', pod: '', container: '', gateway: gateway ?? DEFAULT_GATEWAY };
      const { namespace, pod, container } = log;
      return { namespace, pod, container, gateway: gateway ?? workloadOfPod(pod) };
    },
  };
}
