import { SUBJECT_LABELS, type Subject } from '../contract/metrics.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import type { OwnPod } from './own-pod.ts';

export function isSameSubject(one: Subject, other: Subject): boolean {
  return SUBJECT_LABELS.every((label) => one[label] === other[label]);
}

/** What a running nginx may be called after. */
export interface NginxNaming {
  /** The pod that it runs in; null: none, or not known. */
  readonly pod: OwnPod | null;
  /** By a user, who has named no pod with it: it is the whole name, as it is of the log that was given it. */
  readonly given: string | undefined;
  /** Of its configuration. */
  readonly config: string;
}

/** What an nginx that is found by its processes is called, by whoever finds it. */
export function nginxSubjectOf({ pod, given, config }: NginxNaming): Subject {
  return given === undefined ? subjectOf(pod, config) : subjectOf(null, given);
}

/** The subject of a gateway in a pod, when that is known; `name` counts outside of pods. */
export function subjectOf(pod: OwnPod | null, name: string): Subject {
  if (pod === null) return { namespace: '', pod: '', container: '', gateway: name };
  return { namespace: pod.namespace, pod: pod.pod, container: '', gateway: workloadOfPod(pod.pod) };
}
