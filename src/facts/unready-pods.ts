import type { Pod } from '../contract/cluster.ts';
import type { Clock } from '../contract/unit.ts';
import { type Answer, known } from './answer.ts';
import type { ClusterState } from './cluster-state.ts';
import { troubleOf } from './pod-trouble.ts';
import type { LocatedFact } from './said-endpoints.ts';

/** Adds to an endpoint that is not ready which of its pod's containers is not, where the pod is watched or was listed. */
export class UnreadyPods {
  readonly #clock: Clock;
  readonly #cluster: ClusterState;

  constructor(clock: Clock, cluster: ClusterState) {
    this.#clock = clock;
    this.#cluster = cluster;
  }

  explain(answer: Answer<LocatedFact>): Answer<LocatedFact> {
    if (!answer.isKnown || answer.value.state !== 'not_ready') return answer;
    const pod = this.#podOf(answer.value);
    // Of a pod that is ready again, or another one of the same name, nothing is known of that time.
    const trouble = pod === undefined ? null : troubleOf(pod);
    return trouble === null ? answer : known({ ...answer.value, unready: trouble.text });
  }

  #podOf({ podUid, pod: key, service }: LocatedFact): Pod | undefined {
    const cluster = this.#cluster;
    if (podUid === '') return undefined;
    const watched = cluster.freshness('pods') === 'fresh' ? cluster.podOfUid(podUid) : undefined;
    if (watched !== undefined) return watched;
    const listed = cluster.servicePods.pod(service, key, this.#clock.now());
    return listed?.uid === podUid ? listed : undefined;
  }
}
