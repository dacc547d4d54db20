import type { ListenAnswer } from '../contract/listener.ts';
import type { Subject, UpstreamIdentity } from '../contract/metrics.ts';
import { CAUSES, type Cause, type ProxyKind } from '../contract/names.ts';
import type { Condition } from '../contract/upstream.ts';
import type {
  AddressStatus,
  CollectorStatus,
  ConditionStatus,
  GatewayUpstreams,
  PodStatus,
  ServicePodsStatus,
  UpstreamStatus,
} from '../http/views.ts';
import { nearestNames } from '../parse/edit-distance.ts';
import { incidentsOf } from './diagnose-incidents.ts';
import type { Finding, Looked } from './diagnose-report.ts';

export interface MatchedUpstream {
  readonly gateway: GatewayUpstreams;
  readonly upstream: UpstreamStatus;
}

export interface FailuresOfCause {
  count: number;
  readonly evidence: readonly string[];
  readonly next: string;
}

/** What only a look of our own knows, and what was tried on purpose. */
export interface Insight {
  /** What listens at the address, as seen in this node's namespaces; null: not seen. Loopback is that of the gateway. */
  readonly listening?: (gateway: Subject, address: string) => Pick<ListenAnswer, 'state' | 'others'> | null;
  /** `address:port` → null (it took a connection from here) or the error code. */
  readonly probed?: ReadonlyMap<string, string | null>;
}

export interface CaseOptions {
  readonly looked: Looked;
  /** Name of a block or cluster, `namespace/service[:port]`, `service`, or `address:port`. */
  readonly asked: string;
  readonly atMs: number;
  readonly sinceMs: number;
  readonly insight: Insight;
}

const MOST_EVIDENCE = 3;

/** All that is known of one upstream. */
export class UpstreamCase {
  readonly asked: string;
  readonly matches: readonly MatchedUpstream[];
  readonly addresses: readonly AddressStatus[];
  readonly failures: ReadonlyMap<Cause, FailuresOfCause>;
  readonly insight: Insight;
  /** Of the gateways that have the upstream, and of the pods behind it. */
  readonly conditions: readonly ConditionStatus[];
  readonly #looked: Looked;
  /** Ids of those that it has failures in. */
  readonly #incidents = new Set<string>();

  constructor({ looked, asked, atMs, sinceMs, insight }: CaseOptions) {
    this.#looked = looked;
    this.asked = asked;
    this.insight = insight;
    this.matches = looked.upstreams.gateways.flatMap((gateway) =>
      gateway.upstreams.filter((upstream) => isMeant(asked, upstream)).map((upstream) => ({ gateway, upstream })),
    );
    this.addresses = uniqueAddresses(this.matches);
    this.failures = this.#gather({ atMs, sinceMs });
    this.conditions = looked.upstreams.conditions.filter((condition) => this.#concerns(condition));
  }

  /** Some gateway has it, or requests to it have failed. */
  get isKnown(): boolean {
    return this.matches.length > 0 || this.failures.size > 0;
  }

  /** `namespace/service` of those that are known. */
  get services(): readonly string[] {
    const all = this.matches.flatMap(({ upstream: { service } }) =>
      service === null ? [] : [`${service.namespace}/${service.name}`],
    );
    return [...new Set(all)];
  }

  get proxies(): readonly ProxyKind[] {
    return [...new Set(this.matches.map(({ gateway }) => gateway.proxy))];
  }

  /** Pods that have its addresses, or had them last. */
  get pods(): readonly string[] {
    return [...new Set(this.addresses.flatMap(({ owner }) => (owner === null ? [] : [owner.pod])))];
  }

  /** What is known of its Services' pods that are not ready. */
  get servicePods(): readonly ServicePodsStatus[] {
    return this.#looked.upstreams.pods.filter(({ service }) => this.services.includes(service));
  }

  unready(pod: string): PodStatus | undefined {
    return this.servicePods.flatMap(({ notReady }) => notReady).find((one) => one.pod === pod);
  }

  count(...states: readonly string[]): number {
    return this.addresses.filter(({ state }) => states.includes(state)).length;
  }

  /** How much what is known of the cluster's slices may be relied on. */
  get freshness(): string {
    return (
      this.#looked.upstreams.cluster.find(({ resource }) => resource === 'endpointslices')?.freshness ?? 'unwatched'
    );
  }

  /** It is about the upstream, or a bad state of a gateway that has it. */
  isFound({ id, affected, failures, gateway, namespace }: Finding): boolean {
    if (id !== null && this.#incidents.has(id)) return true;
    if (affected.some((name) => this.#names.has(name))) return true;
    const isOfGateway = this.matches.some(
      ({ gateway: { subject } }) => subject.gateway === gateway && subject.namespace === namespace,
    );
    return failures === 0 && affected.length === 0 && isOfGateway;
  }

  get #names(): ReadonlySet<string> {
    const services = this.matches.flatMap(({ upstream: { service } }) =>
      service === null ? [] : [`${service.namespace}/${service.name}:${service.port}`],
    );
    return new Set([this.asked, ...services, ...this.matches.map(({ upstream }) => upstream.name)]);
  }

  collector(name: string): CollectorStatus | undefined {
    return this.#looked.status.collectors.find((one) => one.name === name);
  }

  condition(name: Condition): ConditionStatus | undefined {
    const all = this.conditions.filter(({ condition }) => condition === name);
    return all.find(({ isActive }) => isActive) ?? all[0];
  }

  /** Failures that went to it, by cause. */
  #gather(span: { readonly atMs: number; readonly sinceMs: number }): Map<Cause, FailuresOfCause> {
    const found = new Map<Cause, FailuresOfCause>();
    for (const { id, causes, next } of incidentsOf(this.#looked, span)) {
      for (const { cause, upstreams, evidence } of causes) {
        const count = upstreams.filter((place) => this.#isTo(place)).reduce((sum, place) => sum + place.count, 0);
        if (count === 0 || !CAUSES.includes(cause)) continue;
        this.#incidents.add(id);
        const known = found.get(cause);
        if (known !== undefined) known.count += count;
        else found.set(cause, { count, evidence: evidence.slice(0, MOST_EVIDENCE), next });
      }
    }
    return found;
  }

  #isTo({ upstream, peer }: { readonly upstream: UpstreamIdentity; readonly peer: string }): boolean {
    const { asked } = this;
    const service = `${upstream.upstream_namespace}/${upstream.upstream_service}`;
    const names = [upstream.upstream, service, `${service}:${upstream.upstream_port}`, upstream.upstream_service, peer];
    if (asked !== '' && names.includes(asked)) return true;
    // Behind an address of its own; another upstream may have the same, where the name says which one is meant.
    if (upstream.upstream !== '' && !isImplicit(upstream.upstream)) return this.#hasName(upstream.upstream);
    return this.addresses.some(({ address }) => address === peer);
  }

  #hasName(name: string): boolean {
    return this.matches.some(({ upstream }) => upstream.name === name);
  }

  #concerns({ subject }: ConditionStatus): boolean {
    if (this.pods.includes(`${subject.namespace}/${subject.pod}`)) return true;
    return this.matches.some(
      ({ gateway }) => gateway.subject.gateway === subject.gateway && gateway.subject.namespace === subject.namespace,
    );
  }
}

/** Names that may have been meant, those that are like what was asked first. */
export function knownUpstreams({ upstreams: { gateways } }: Looked, asked: string): string[] {
  const named = gateways.flatMap(({ upstreams }) =>
    upstreams.map(({ name, service }) => {
      const full = service === null ? name : `${service.namespace}/${service.name}`;
      return { full, ways: [full, name, service?.name ?? name] };
    }),
  );
  const like = nearestNames(
    asked,
    named.flatMap(({ ways }) => ways),
    named.length,
  );
  const rankOf = ({ ways }: (typeof named)[number]) => {
    const at = ways.map((way) => like.indexOf(way)).filter((rank) => rank >= 0);
    return at.length === 0 ? like.length : Math.min(...at);
  };
  const ranked = named.map((one) => ({ full: one.full, rank: rankOf(one) }));
  return [...new Set(ranked.sort((one, other) => one.rank - other.rank).map(({ full }) => full))];
}

function isMeant(asked: string, { name, service, addresses }: UpstreamStatus): boolean {
  if (asked === name || addresses.some(({ address }) => address !== '' && address === asked)) return true;
  if (service === null) return false;
  const full = `${service.namespace}/${service.name}`;
  return [service.name, full, `${full}:${service.port}`].includes(asked);
}

function isImplicit(name: string): boolean {
  return name === 'implicit' || name.startsWith('implicit:');
}

function uniqueAddresses(matches: readonly MatchedUpstream[]): AddressStatus[] {
  const all = matches.flatMap(({ upstream }) => upstream.addresses);
  return [...new Map(all.map((one) => [`${one.address} ${one.state} ${one.place}`, one])).values()];
}
