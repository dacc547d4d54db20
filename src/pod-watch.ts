import type { Pod } from './contract/cluster.ts';
import type { Observation } from './contract/failure.ts';
import type { CheckpointRegistry, Clock } from './contract/unit.ts';
import type { AbruptExits } from './contract/workloads.ts';
import { AbruptExitMemory } from './facts/abrupt-exits.ts';
import type { ClusterState } from './facts/cluster-state.ts';
import { PodRestarts } from './facts/pod-restarts.ts';
import { PodTerminations, type Termination } from './facts/pod-terminations.ts';
import type { UpstreamTruth } from './facts/upstream-truth.ts';
import { POD_METRICS, PodSeries } from './metrics/pods.ts';
import type { MetricRegistry } from './metrics/registry.ts';

export interface PodWatchOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly upstreams: Pick<UpstreamTruth, 'views'>;
  readonly registry: MetricRegistry;
  readonly checkpoint: CheckpointRegistry;
}

/** Wires what the API says of this node's pods, their restarts and ends, to its series and to the audit. */
export class PodWatch {
  private readonly options: PodWatchOptions;
  private readonly series: PodSeries;
  private readonly restarts: PodRestarts;
  private readonly terminations: PodTerminations;
  private readonly exits: AbruptExitMemory;

  constructor(options: PodWatchOptions) {
    const { clock, cluster, registry, checkpoint } = options;
    const isOfInterest = (pod: Pod) => this.isOfInterest(pod);
    this.options = options;
    this.series = new PodSeries(registry.writers(POD_METRICS));
    this.restarts = new PodRestarts(this.series, isOfInterest);
    this.terminations = new PodTerminations({ clock, isOfInterest, ended: (one) => this.terminated(one) });
    this.exits = new AbruptExitMemory(clock, this.terminations.abruptAt.bind(this.terminations));
    cluster.listen({
      pod: (before, after) => {
        this.restarts.change(before, after);
        this.terminations.change(before, after);
      },
    });
    checkpoint.register('pod_restarts', this.restarts);
  }

  observe(observation: Observation): void {
    this.exits.observe(observation);
  }

  /** @param workload `namespace/name` */
  abruptExits(workload: string): readonly AbruptExits[] {
    return this.exits.of(workload);
  }

  publish(): void {
    this.series.publish(this.options.cluster.pods());
  }

  dropped() {
    return {
      abrupt_exits: this.exits.dropped,
      pod_restarts: this.restarts.dropped,
      pod_terminations: this.terminations.dropped,
    };
  }

  private terminated(termination: Termination): void {
    this.series.terminated(termination);
    this.exits.ended(termination);
  }

  /** A gateway's, or behind a Service that is watched. */
  private isOfInterest({ key, uid, ips }: Pod): boolean {
    const { upstreams, cluster } = this.options;
    if (upstreams.views().some(({ subject }) => `${subject.namespace}/${subject.pod}` === key)) return true;
    return ips.some((ip) => cluster.index.at(ip).some(({ endpoint }) => endpoint.podUid === uid));
  }
}
