import type { Subject } from '../contract/metrics.ts';
import type { ConditionSink } from '../contract/upstream.ts';
import type { ClusterState } from './cluster-state.ts';
import type { TrackedUpstream } from './tracked-upstream.ts';

interface Gateway {
  readonly subject: Subject;
  /** Upstreams that need the slices to be judged. */
  compared: number;
  /** Services without a ready endpoint that it has an upstream for. */
  readonly empty: string[];
}

/** Conditions of a gateway that follow from the comparison: `truth_stale` and `no_endpoints`. */
export class TruthConditions {
  readonly #cluster: ClusterState;
  readonly #sink: ConditionSink;
  #known = new Map<string, Gateway>();

  constructor(cluster: ClusterState, sink: ConditionSink) {
    this.#cluster = cluster;
    this.#sink = sink;
  }

  look(upstreams: readonly TrackedUpstream[]): void {
    const gateways = this.#gather(upstreams);
    for (const [key, { subject }] of this.#known) if (!gateways.has(key)) this.#say(subject, null, null);
    this.#known = gateways;
    const freshness = this.#cluster.freshness('endpointslices');
    const isFresh = freshness === 'fresh';
    for (const { subject, compared, empty } of gateways.values()) {
      // Without any source there is no view that could be stale.
      const isStale = freshness === 'unwatched' || compared === 0 ? null : !isFresh;
      this.#say(subject, isStale, isFresh ? empty : null);
    }
  }

  #gather(upstreams: readonly TrackedUpstream[]): Map<string, Gateway> {
    const gateways = new Map<string, Gateway>();
    for (const { view, mapped } of upstreams) {
      const key = Object.values(view.subject).join('\xff');
      const gateway = gateways.get(key) ?? { subject: view.subject, compared: 0, empty: [] };
      gateways.set(key, gateway);
      if (mapped.service === null || mapped.isStatic) continue;
      gateway.compared++;
      if (!this.#hasReady(mapped.service)) gateway.empty.push(`${mapped.service.service}:${mapped.portNumber}`);
    }
    return gateways;
  }

  #hasReady({ service, portName }: NonNullable<TrackedUpstream['mapped']['service']>): boolean {
    for (const { ports, endpoints } of this.#cluster.index.slicesOf(service))
      if (ports.some(({ name }) => name === portName) && endpoints.some(({ ready }) => ready)) return true;
    return false;
  }

  #say(subject: Subject, isStale: boolean | null, empty: readonly string[] | null): void {
    this.#sink.condition({
      ...{ condition: 'truth_stale', subject, isActive: isStale },
      evidence: isStale ? 'the EndpointSlices that are known are too old to compare with' : '',
    });
    this.#sink.condition({
      ...{ condition: 'no_endpoints', subject, isActive: empty === null ? null : empty.length > 0 },
      evidence: empty === null ? '' : [...new Set(empty)].slice(0, 20).join(', '),
    });
  }
}
