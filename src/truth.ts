import type { Config } from './config/schema.ts';
import type { WantedServices } from './contract/cluster.ts';
import type { EvidenceSink } from './contract/evidence.ts';
import type { Observation } from './contract/failure.ts';
import type { CheckpointRegistry, Clock, CollectorContext } from './contract/unit.ts';
import type { AddressSink } from './contract/upstream.ts';
import type { AnsweredPeers } from './facts/answered-peers.ts';
import { ClusterState } from './facts/cluster-state.ts';
import { Conditions } from './facts/conditions.ts';
import { ControlPlane } from './facts/control-plane.ts';
import { EndpointGaps } from './facts/endpoint-gaps.ts';
import { EndpointHistory } from './facts/endpoint-history.ts';
import { GatewaySettingsMemory } from './facts/gateway-settings.ts';
import { KernelConditions } from './facts/kernel-conditions.ts';
import { KnownFacts } from './facts/known-facts.ts';
import type { KnownFactsOptions } from './facts/known-facts-options.ts';
import { LastOwners } from './facts/last-owners.ts';
import { Listeners } from './facts/listeners.ts';
import { ObservedUpstreams } from './facts/observed-upstreams.ts';
import { pastOwners } from './facts/past-owners.ts';
import { PeerSocketMemory } from './facts/peer-sockets.ts';
import { PodConditions } from './facts/pod-conditions.ts';
import { ReplicaDivergence } from './facts/replica-divergence.ts';
import { ServiceMapping } from './facts/service-mapping.ts';
import { compileOverrides } from './facts/service-mapping-override.ts';
import { WantedCache } from './facts/service-mapping-wanted.ts';
import { TruthConditions } from './facts/truth-conditions.ts';
import { UpstreamTruth } from './facts/upstream-truth.ts';
import { CONDITION_METRICS, publishConditions } from './metrics/conditions.ts';
import { CONTROL_PLANE_METRICS, ControlPlaneSeries } from './metrics/control-plane.ts';
import { ENDPOINT_GAP_METRICS, EndpointGapSeries } from './metrics/endpoint-gaps.ts';
import { ENDPOINT_INFO_METRICS, EndpointInfoSeries } from './metrics/endpoint-info.ts';
import { FACT_METRICS, FactSeries } from './metrics/facts.ts';
import type { MetricRegistry } from './metrics/registry.ts';
import { SLICE_CHANGE_METRICS, SliceChangeSeries } from './metrics/slice-changes.ts';
import { UPSTREAM_SOCKET_METRICS, UpstreamSocketSeries } from './metrics/upstream-sockets.ts';
import { UPSTREAM_METRICS, UpstreamSeries } from './metrics/upstreams.ts';
import { canonicalIp } from './parse/ip-address.ts';
import { PodWatch } from './pod-watch.ts';
import { ProxiedWorkloads } from './proxied-workloads.ts';
import { tellBoth } from './tell-both.ts';

/** Between two looks at what lasts. */
const SLOW_LOOK_MS = 10_000;

export interface TruthOptions {
  readonly config: Config['upstreams'];
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly checkpoint: CheckpointRegistry;
  /** Failures from before a moment have no verdict yet. */
  readonly hasPending?: KnownFactsOptions['hasPending'];
  readonly answered?: AnsweredPeers;
}

/** Wires what proxies use and what the cluster says to the comparison of both, and that to its series. */
export class Truth {
  readonly cluster: ClusterState;
  readonly upstreams: UpstreamTruth;
  readonly conditions: Conditions;
  readonly settings = new GatewaySettingsMemory();
  readonly listeners: Listeners;
  readonly owners: LastOwners;
  readonly facts: KnownFacts;
  private readonly kernel: KernelConditions;
  private readonly clock: Clock;
  private readonly mapping: ServiceMapping;
  private readonly observed: ObservedUpstreams;
  private readonly own: TruthConditions;
  private readonly controlPlane: ControlPlane;
  private readonly divergence: ReplicaDivergence;
  private readonly podConditions: PodConditions;
  private slowLookMs = Number.NEGATIVE_INFINITY;
  private readonly gaps: EndpointGaps;
  private readonly series: UpstreamSeries;
  private readonly gapSeries: EndpointGapSeries;
  private readonly pods: PodWatch;
  private readonly infoSeries: EndpointInfoSeries;
  private readonly factSeries: FactSeries;
  private readonly sliceSeries: SliceChangeSeries;
  private readonly history = new EndpointHistory();
  private readonly sockets = new PeerSocketMemory();
  private readonly socketSeries: UpstreamSocketSeries;
  private readonly registry: MetricRegistry;
  private readonly wanted: WantedCache;

  constructor({ config, clock, registry, checkpoint, hasPending = () => false, answered }: TruthOptions) {
    const { overrides } = compileOverrides(config.services);
    const { history } = this;
    this.clock = clock;
    this.registry = registry;
    this.wanted = new WantedCache(overrides, config.controllers);
    const wanted = (): WantedServices => this.wanted.of(this.upstreams.views());
    this.cluster = new ClusterState({
      ...{ clock, staleAfterMs: config.stale_after, wanted },
      doubtMs: () => latest(this.upstreams.doubtMs(), this.facts.doubtMs()),
    });
    this.cluster.listen({ slice: (before, after) => history.change(before, after, clock.now()) });
    const past = pastOwners(history, this.cluster);
    this.mapping = new ServiceMapping({ clock, services: this.cluster, history, overrides });
    this.gapSeries = new EndpointGapSeries(registry.writers(ENDPOINT_GAP_METRICS), clock);
    // Hears of slices before the upstreams do: one that is mapped because of a change must not hide it.
    this.gaps = new EndpointGaps({
      ...{ clock, cluster: this.cluster, sink: this.gapSeries },
      viewStaleAfterMs: config.stale_after,
    });
    this.upstreams = new UpstreamTruth({
      ...{ clock, cluster: this.cluster, mapping: this.mapping, ...past },
      holdDownMs: config.hold_down,
      viewStaleAfterMs: config.stale_after,
      uses: this.gaps,
    });
    this.observed = new ObservedUpstreams({ clock, upstreams: this.upstreams, history, cluster: this.cluster });
    this.conditions = new Conditions(clock);
    this.listeners = new Listeners(clock);
    this.owners = new LastOwners({ cluster: this.cluster, clock });
    this.facts = new KnownFacts({
      ...{ clock, hasPending, cluster: this.cluster, upstreams: this.upstreams, conditions: this.conditions },
      ...{ ...past, owners: this.owners, listeners: this.listeners, sockets: this.sockets, answered },
      settings: () => this.settings.all(),
      viewStaleAfterMs: config.stale_after,
    });
    this.kernel = new KernelConditions(clock, this.conditions, () => this.settings.all());
    this.own = new TruthConditions(this.cluster, this.conditions);
    this.controlPlane = new ControlPlane({
      ...{ clock, cluster: this.cluster, sink: this.conditions },
      controllers: () => (config.controllers.length > 0 ? config.controllers : this.cluster.controllers.services),
      absence: () => (config.controllers.length > 0 ? null : this.cluster.controllers.absence),
      changed: (change) => this.facts.changed(change),
      changedMs: (subject) => this.divergence.changedMs(subject),
      series: new ControlPlaneSeries(registry.writers(CONTROL_PLANE_METRICS)),
    });
    this.divergence = new ReplicaDivergence(clock, this.conditions);
    this.podConditions = new PodConditions(this.cluster, this.conditions);
    this.series = new UpstreamSeries(registry.writers(UPSTREAM_METRICS));
    this.pods = new PodWatch({ clock, cluster: this.cluster, upstreams: this.upstreams, registry, checkpoint });
    this.socketSeries = new UpstreamSocketSeries(registry.writers(UPSTREAM_SOCKET_METRICS));
    this.factSeries = new FactSeries(registry.writers(FACT_METRICS));
    this.infoSeries = new EndpointInfoSeries(registry.writers(ENDPOINT_INFO_METRICS), this.cluster);
    this.sliceSeries = new SliceChangeSeries(registry.writers(SLICE_CHANGE_METRICS), this.facts.slices);
    checkpoint.register('services_of_upstreams', this.mapping);
    checkpoint.register('death_gaps', this.gapSeries.windows);
  }

  /** Where collectors put what proxies use and what the cluster says. */
  sinks(): Pick<
    CollectorContext<never>,
    'upstreams' | 'addresses' | 'cluster' | 'conditions' | 'settings' | 'listeners' | 'evidence' | 'workloads'
  > {
    const { cluster, conditions, upstreams, observed, settings, listeners, controlPlane } = this;
    const addresses: AddressSink = {
      used: tellBoth(observed.used.bind(observed), controlPlane.used.bind(controlPlane)),
      held: tellBoth(observed.held.bind(observed), controlPlane.held.bind(controlPlane)),
      looked: controlPlane.looked.bind(controlPlane),
      counted: (key, seen) => this.sockets.counted(key, seen),
    };
    const { clock, gapSeries, pods } = this;
    const workloads = new ProxiedWorkloads({ clock, cluster, upstreams, listeners, gaps: gapSeries.windows, pods });
    return { cluster, conditions, upstreams, addresses, settings, listeners, workloads, evidence: this.evidence() };
  }

  private evidence(): EvidenceSink {
    const { facts, kernel } = this;
    return {
      counted: tellBoth(facts.counted.bind(facts), kernel.counted.bind(kernel)),
      uncounted: tellBoth(facts.uncounted.bind(facts), kernel.uncounted.bind(kernel)),
      ended: (end) => facts.ended(end),
      changed: (change) => facts.changed(change),
    };
  }

  /** Canonical addresses that proxies have as servers of their upstreams. */
  upstreamAddresses(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const { upstreams } of this.upstreams.views()) {
      for (const { servers } of upstreams) for (const { kind, host } of servers) if (kind === 'ip') found.add(host);
    }
    return found;
  }

  /** What the API calls a pod, if it is among those that are watched. */
  podByUid(uid: string): { readonly namespace: string; readonly pod: string } | undefined {
    const [namespace, pod] = this.cluster.podOfUid(uid)?.key.split('/') ?? [];
    return pod === undefined ? undefined : { namespace, pod };
  }

  /** To be called every second, after what was counted has been taken over. */
  beat(): void {
    this.kernel.look();
    // Without anybody who could say what the cluster has there is nothing to compare.
    if (this.cluster.isOffered()) this.look();
  }

  /** What a line or an Envoy said: the address was used, and if that failed, what is found of it is said at once. */
  observe(observation: Observation): void {
    const { proxy, subject, peer, failure } = observation;
    if (!this.cluster.isOffered()) return;
    this.observed.observe(observation);
    this.pods.observe(observation);
    if (!failure || peer === null || peer.port === null) return;
    const ip = canonicalIp(peer.address);
    if (ip !== null) this.upstreams.hit(proxy, subject, { ip, port: peer.port });
  }

  /** Brings the comparison up to date. */
  look(): void {
    this.gaps.look();
    this.observed.look(this.clock.now());
    if (this.upstreams.evaluate()) this.own.look(this.upstreams.upstreams());
    this.lookSlowly();
  }

  private lookSlowly(): void {
    const nowMs = this.clock.now();
    if (Math.abs(nowMs - this.slowLookMs) < SLOW_LOOK_MS) return;
    this.slowLookMs = nowMs;
    const upstreams = this.upstreams.upstreams();
    this.divergence.look(upstreams);
    this.controlPlane.look(this.upstreams.views(), upstreams);
    this.podConditions.look(upstreams);
  }

  /** Brings the series up to date; before every scrape. */
  publish(): void {
    this.look();
    const upstreams = this.upstreams.upstreams();
    this.series.publish(upstreams);
    this.socketSeries.publish(this.sockets.all(), () => upstreams);
    this.gapSeries.publish(upstreams);
    this.infoSeries.publish(upstreams);
    this.sliceSeries.publish(upstreams);
    this.pods.publish();
    this.factSeries.publish({
      ...this.facts.dropped(),
      conditions: this.conditions.dropped,
      endpoint_history: this.history.dropped,
      last_owners: this.owners.dropped,
      listeners: this.listeners.dropped,
      observed_addresses: this.observed.dropped,
      peer_sockets: this.sockets.dropped,
      ...this.pods.dropped(),
      service_mappings: this.mapping.dropped,
    });
    publishConditions(this.registry.writers(CONDITION_METRICS), this.conditions.all());
  }
}

function latest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
