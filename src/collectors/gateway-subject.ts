import type { Subject } from '../contract/metrics.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import type { OwnPod } from './nginx-config-find.ts';

/**
 * The subject of a gateway that is found by its processes, as `nginx_config` names it. `pod`: the one that it runs in, when that is
 * known; `name` counts outside of pods.
 */
export function subjectOf(pod: OwnPod | null, name: string): Subject {
  if (pod === null) return { namespace: '', pod: '', container: '', gateway: name };
  return { namespace: pod.namespace, pod: pod.pod, container: '', gateway: workloadOfPod(pod.pod) };
}
