import type { Config } from './config/schema.ts';
import type { CheckpointRegistry, Clock } from './contract/unit.ts';
import { ClusterState } from './facts/cluster-state.ts';
import { Conditions } from './facts/conditions.ts';
import { EndpointHistory } from './facts/endpoint-history.ts';
import { ServiceMapping } from './facts/service-mapping.ts';
import { compileOverrides } from './facts/service-mapping-override.ts';
import { wantedOf } from './facts/service-mapping-wanted.ts';
import { TruthConditions } from './facts/truth-conditions.ts';
import { UpstreamTruth } from './facts/upstream-truth.ts';
import { CONDITION_METRICS, publishConditions } from './metrics/conditions.ts';
import type { MetricRegistry } from './metrics/registry.ts';
import { UPSTREAM_METRICS, UpstreamSeries } from './metrics/upstreams.ts';

/** Between two looks at what is held back. */
const LOOK_MS = 1_000;

export interface TruthOptions {
  readonly config: Config['upstreams'];
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly checkpoint: CheckpointRegistry;
}

/** Wires what proxies use and what the cluster says to the comparison of both, and that to its series. */
export class Truth {
  readonly cluster: ClusterState;
  readonly upstreams: UpstreamTruth;
  readonly conditions: Conditions;
  private readonly mapping: ServiceMapping;
  private readonly own: TruthConditions;
  private readonly series: UpstreamSeries;
  private readonly registry: MetricRegistry;
  private timer: NodeJS.Timeout | undefined;

  constructor({ config, clock, registry, checkpoint }: TruthOptions) {
    const { overrides } = compileOverrides(config.services);
    const history = new EndpointHistory();
    const wanted = () => wantedOf(this.upstreams.views(), overrides);
    this.cluster = new ClusterState({ clock, staleAfterMs: config.stale_after, wanted });
    this.cluster.listen({ slice: (before, after) => history.change(before, after, clock.now()) });
    this.mapping = new ServiceMapping({ clock, services: this.cluster, history, overrides });
    this.upstreams = new UpstreamTruth({
      clock,
      cluster: this.cluster,
      mapping: this.mapping,
      wasOwner: (service, ip, podUid) => history.wasOwner(service, ip, podUid),
      holdDownMs: config.hold_down,
      viewStaleAfterMs: config.stale_after,
    });
    this.conditions = new Conditions(clock);
    this.own = new TruthConditions(this.cluster, this.conditions);
    this.series = new UpstreamSeries(registry.writers(UPSTREAM_METRICS));
    this.registry = registry;
    checkpoint.register('services_of_upstreams', this.mapping);
  }

  start(): void {
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Brings the comparison up to date. */
  look(): void {
    if (this.upstreams.isEmpty()) return;
    this.upstreams.evaluate();
  }

  /** Brings the series up to date; before every scrape. */
  publish(): void {
    this.look();
    const upstreams = this.upstreams.upstreams();
    this.series.publish(upstreams);
    this.own.look(upstreams);
    publishConditions(this.registry.writers(CONDITION_METRICS), this.conditions.all());
  }
}
