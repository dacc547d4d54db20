import type {
  Change,
  ContainerEnd,
  EvidenceSink,
  EvidenceSource,
  KernelCounter,
  KernelCounts,
} from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { HeaderBufferInUse, TimeoutRange } from '../contract/gateway-settings.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import type { NodeNetwork } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import type { Condition } from '../contract/upstream.ts';
import type { Answer } from './answer.ts';
import { Changes } from './changes.ts';
import { ClusterChanges } from './cluster-changes.ts';
import { type ConditionFact, ConditionFacts } from './condition-facts.ts';
import { ContainerEnds } from './container-ends.ts';
import { type Denial, Denials } from './denials.ts';
import { DownedPeers } from './downed-peers.ts';
import { EndFacts } from './end-facts.ts';
import { EndpointFacts } from './endpoint-facts.ts';
import { EndpointTimeline } from './endpoint-timeline.ts';
import type {
  Charge,
  EndpointFact,
  Facts,
  Growth,
  ListenerFact,
  ListenQueues,
  LocalPorts,
  NetworkSide,
  UnhealthyServers,
} from './facts.ts';
import { GatewayLimits } from './gateway-limits.ts';
import { KernelGrowth } from './kernel-growth.ts';
import type { KnownFactsOptions } from './known-facts-options.ts';
import { ListenerFacts } from './listener-facts.ts';
import { NetworkPlaces } from './network-places.ts';
import { PeerSocketMemory } from './peer-sockets.ts';
import { PortFacts } from './port-facts.ts';
import { Rejections } from './rejections.ts';
import { Rollouts } from './rollouts.ts';
import { ServiceEndpoints } from './service-endpoints.ts';
import { SliceChanges } from './slice-changes.ts';
import { SliceLog } from './slice-log.ts';
import { UnhealthyHosts } from './unhealthy-hosts.ts';
import { UnreadyPods } from './unready-pods.ts';
import { UnresolvedNames } from './unresolved-names.ts';
import { atClusterOfHost, identityOf, type UpstreamClue } from './upstream-identity.ts';
import type { UsedAddresses } from './used-addresses.ts';

/** All that is remembered of the last minutes, to be asked what was so when requests failed. */
export class KnownFacts implements Facts, EvidenceSink {
  readonly #used: UsedAddresses;
  readonly upstream = (of: UpstreamClue): UpstreamIdentity => identityOf(this.#used, of);
  readonly atClusterOfHost = (of: Observation): Observation => atClusterOfHost(this.#used, of);
  readonly #endpoints: EndpointFacts;
  readonly behind: Facts['behind'];
  readonly limits: GatewayLimits;
  readonly #kernel: KernelGrowth;
  readonly #ports: PortFacts;
  readonly rollouts: Rollouts;
  readonly slices: SliceChanges;
  readonly #containerEnds: ContainerEnds;
  readonly #ends: EndFacts;
  readonly #conditions: ConditionFacts;
  readonly #listeners: ListenerFacts;
  readonly #downed: DownedPeers;
  readonly #rejections: Rejections;
  readonly changes: Changes;
  readonly #denials = new Denials();
  readonly #unready: UnreadyPods;
  readonly #names: UnresolvedNames;
  readonly #unhealthy: UnhealthyHosts;
  readonly #clock: Clock;
  readonly #log: SliceLog;
  readonly #places: NetworkPlaces;
  #awaited = new Set<EvidenceSource>();

  constructor(options: KnownFactsOptions) {
    const { clock, cluster, upstreams, owners, conditions, viewStaleAfterMs, hasPending } = options;
    this.#log = new SliceLog({ clock, cluster });
    this.slices = new SliceChanges({ clock, cluster, log: this.#log });
    const timeline = new EndpointTimeline({ ...options, index: cluster.index, log: this.#log });
    const places = new NetworkPlaces({ cluster, settings: options.settings, views: () => upstreams.views() });
    this.#containerEnds = new ContainerEnds(clock);
    this.#clock = clock;
    const { used } = upstreams;
    this.#used = used;
    this.#unready = new UnreadyPods(clock, cluster);
    this.#names = new UnresolvedNames(used);
    this.#unhealthy = new UnhealthyHosts(used);
    this.#places = places;
    this.limits = new GatewayLimits({ used, settings: options.settings });
    const timeout = (of: Observation) => this.limits.timeout(of);
    this.#endpoints = new EndpointFacts({ clock, cluster, timeline, used, owners, viewStaleAfterMs, timeout });
    const behind = new ServiceEndpoints({ cluster, log: this.#log, endpoints: this.#endpoints });
    this.behind = (of) => this.#note(behind.behind(of));
    this.#kernel = new KernelGrowth(places);
    this.#ports = new PortFacts({ clock, places, sockets: options.sockets ?? new PeerSocketMemory() });
    this.#ends = new EndFacts({ clock, cluster, ends: this.#containerEnds, places, endpoints: this.#endpoints });
    this.#conditions = new ConditionFacts({ clock, conditions, ends: this.#ends });
    this.#listeners = new ListenerFacts({ ...options, places });
    this.#downed = new DownedPeers({ used, hasPending });
    this.#rejections = new Rejections({ hasPending });
    this.changes = new Changes(clock);
    const gatewayOf = (pod: string) =>
      upstreams.views().find(({ subject }) => `${subject.namespace}/${subject.pod}` === pod)?.subject;
    this.rollouts = new Rollouts(clock);
    new ClusterChanges({
      ...{ clock, cluster, gatewayOf, rollouts: this.rollouts },
      changed: (change) => this.changes.changed(change),
    });
    cluster.listen({ pod: (before, after) => this.#containerEnds.podChanged(before, after) });
  }

  /** How much each memory has forgotten before its time, or not remembered, because it was full. */
  dropped() {
    return {
      changes: this.changes.dropped,
      container_ends: this.#containerEnds.dropped,
      denials: this.#denials.dropped,
      downed_peers: this.#downed.dropped + this.#rejections.dropped,
      endpoint_changes: this.#log.dropped,
      networks: this.#places.dropped,
      used_addresses: this.#used.dropped,
    };
  }

  endpoint(of: Observation): Answer<EndpointFact> {
    return this.#note(this.#unready.explain(this.#endpoints.endpoint(of)));
  }

  timeout(of: Observation): TimeoutRange | null {
    return this.limits.timeout(of);
  }

  headerBuffer(of: Observation): HeaderBufferInUse | null {
    return this.limits.headerBuffer(of);
  }

  isErrorLogWhole(of: Observation): boolean {
    return this.limits.isErrorLogWhole(of);
  }

  readyEndpoints(of: Observation): Answer<{ readonly service: string; readonly ready: number }> {
    return this.#note(this.#endpoints.readyEndpoints(of));
  }

  unresolved(of: Observation): Answer<string | null> {
    return this.#note(this.#names.unresolved(of));
  }

  unhealthy(of: Observation): Answer<UnhealthyServers> {
    return this.#note(this.#unhealthy.unhealthy(of));
  }

  listener(of: Observation): Answer<ListenerFact> {
    return this.#note(this.#listeners.listener(of));
  }

  queues(of: Observation): Answer<ListenQueues> {
    return this.#note(this.#listeners.queues(of));
  }

  growth(of: Observation, side: NetworkSide, counter: KernelCounter, lookBackMs: number): Answer<Growth> {
    return this.#note(this.#kernel.growth(of, side, counter, lookBackMs));
  }

  growthDuring(of: Observation, side: NetworkSide, counter: KernelCounter, waitedMs: number): Answer<Growth> {
    return this.#note(this.#kernel.growthDuring(of, side, counter, waitedMs));
  }

  localPorts(of: Observation): Answer<LocalPorts> {
    return this.#note(this.#ports.localPorts(of));
  }

  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): Answer<readonly ContainerEnd[]> {
    return this.#note(this.#ends.ends(of, side, lookBackMs));
  }

  condition(of: Observation, side: 'peer' | 'gateway', condition: Condition): Answer<ConditionFact> {
    return this.#note(this.#conditions.condition(of, side, condition));
  }

  denied(of: Observation): Answer<Denial> {
    return this.#note(this.#denials.during(of, this.#ends.find(of, 'peer').names, this.#clock.now()));
  }

  /** A gateway or sidecar is watched. */
  present(subject: Subject): void {
    this.#denials.present(subject);
  }

  /** To be called for every observation, before it is judged. */
  heard(of: Observation): void {
    this.#denials.heard(of);
  }

  rejected(of: Observation): Answer<readonly Charge[]> {
    return this.#note(this.#rejections.around(of, this.limits.timeout(of)));
  }

  downed(of: Observation): Answer<readonly Charge[]> {
    return this.#note(this.#downed.downed(of));
  }

  /** To be called for every verdict: later ones may be charged to it. */
  failed(of: Observation, cause: Cause, upstream: UpstreamIdentity, count: number, evidence: readonly string[]): void {
    this.#downed.failed(of, cause, upstream, count, evidence);
    this.#rejections.failed(of, cause, upstream, count, evidence);
  }

  counted(network: NodeNetwork, counts: KernelCounts, atMs: number): void {
    this.#kernel.counted(network, counts, atMs);
  }

  uncounted(network: string, counters: readonly KernelCounter[]): void {
    this.#kernel.uncounted(network, counters);
  }

  ended(end: ContainerEnd): void {
    this.#containerEnds.ended(end);
  }

  changed(change: Change): void {
    this.changes.changed(change);
  }

  /** What was asked for since and could be said if it were read now. */
  takeAwaited(): ReadonlySet<EvidenceSource> {
    const awaited = this.#awaited;
    this.#awaited = new Set();
    return awaited;
  }

  /** An answer waits until the slices are known as of this moment; null: none does. */
  doubtMs(): number | null {
    return this.#endpoints.doubtMs();
  }

  #note<T>(answer: Answer<T>): Answer<T> {
    if (!answer.isKnown && answer.source) this.#awaited.add(answer.source);
    return answer;
  }
}
