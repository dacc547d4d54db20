import type { Subject } from '../contract/metrics.ts';
import { Glob } from '../sources/glob.ts';
import { podOfLogPath, workloadOfPod } from '../sources/pod-log-path.ts';
import type { OwnPod } from './own-pod.ts';

/** A file or glob, and whose it is as far as that is known. */
export interface OwnedLog {
  readonly path: string;
  readonly gateway?: string | undefined;
  readonly pod?: OwnPod | null;
}

const DEFAULT_GATEWAY = 'nginx';

/** Whose the lines of a file are: those of a path that names a pod are that pod's, of others the first of `logs` that fits says it. */
export function logSubjects(logs: readonly OwnedLog[]): (path: string) => Subject {
  const owned = logs.map(({ path, gateway, pod }) => ({ glob: new Glob(path), gateway, pod }));
  return (path) => {
    const { gateway, pod } = owned.find(({ glob }) => glob.matches(path)) ?? {};
    const log = podOfLogPath(path);
    if (log !== null) {
      const { namespace, pod: name, container } = log;
      return { namespace, pod: name, container, gateway: gateway ?? workloadOfPod(name) };
    }
    const { namespace = '', pod: name = '' } = pod ?? {};
    return { namespace, pod: name, container: '', gateway: gateway ?? DEFAULT_GATEWAY };
  };
}
