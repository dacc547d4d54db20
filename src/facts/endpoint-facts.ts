import type { EndpointState } from '../contract/endpoint.ts';
import type { Observation } from '../contract/failure.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, type Unknown, unknown } from './answer.ts';
import { lastBad, wasEverReady } from './bad-phase.ts';
import type { ClusterState } from './cluster-state.ts';
import { Doubts } from './doubts.ts';
import { podOf } from './endpoint-index.ts';
import { isSamePort, type ServicePort, type SocketAddress } from './endpoint-states.ts';
import { type AddressPhase, type EndpointTimeline, REWRITE_MS } from './endpoint-timeline.ts';
import type { EndpointFact } from './facts.ts';
import type { LastOwners } from './last-owners.ts';
import { lastedMs, within } from './phase-span.ts';
import { peerUses, upstreamsOf } from './upstream-identity.ts';
import type { AddressUse, NamedUpstream, UsedAddresses } from './used-addresses.ts';

/** A watch that said something so long before has hardly ended since: it is not asked again for every failure. */
const PROVEN_MS = 15_000;
/** What nothing lists is known to be used after the next look at what was seen. */
const SEEN_MS = 2_000;
/** The watch is so much later than the cluster; a pod that goes is gone before we hear of it. */
const LATE_MS = 1_000;

export interface EndpointFactsOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly timeline: EndpointTimeline;
  readonly used: UsedAddresses;
  readonly owners: LastOwners;
  readonly viewStaleAfterMs: number;
}

/** The fact with what other memories ask for. */
export interface LocatedFact extends EndpointFact {
  /** '' when no slice names the pod. */
  readonly podUid: string;
}

interface Moment {
  readonly nowMs: number;
  /** Versions. */
  readonly slices: number;
  readonly used: number;
  readonly currentMs: number | null;
  readonly knownMs: number;
}

interface Judged {
  readonly address: SocketAddress;
  readonly use: AddressUse;
  readonly phases: readonly AddressPhase[];
  readonly phase: AddressPhase;
}

/** Answers what an address was to its Service when requests to it failed. */
export class EndpointFacts {
  readonly #options: EndpointFactsOptions;
  readonly #doubts: Doubts;
  /** Several rules ask the same, one after the other. */
  #last: { readonly of: Observation; readonly moment: Moment; readonly answer: Answer<LocatedFact> } | undefined;

  constructor(options: EndpointFactsOptions) {
    this.#options = options;
    this.#doubts = new Doubts(options.clock);
  }

  /** An answer waits until the slices are known as of this moment; null: none does. */
  doubtMs(): number | null {
    return this.#doubts.of(this.#options.cluster.knownUntilMs('endpointslices'));
  }

  endpoint(of: Observation): Answer<LocatedFact> {
    const last = this.#last;
    if (last?.of === of && this.#isNow(last.moment)) return last.answer;
    const answer = this.#endpoint(of);
    this.#last = { of, moment: this.#moment(), answer };
    return answer;
  }

  #endpoint(of: Observation): Answer<LocatedFact> {
    const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
    if (ip === null) return unknown('no address is named');
    const address = { ip, port: of.peer!.port! };
    const { used, clock, cluster } = this.#options;
    const uses = peerUses(used, of);
    const isAwaited = cluster.freshness('endpointslices') !== 'unwatched' && clock.now() < of.atMs + SEEN_MS;
    if (uses.length === 0 && isAwaited) return pending('the proxy was not seen to use the address yet');
    if (uses.length === 0 || !uses.every((use) => this.#isJudged(use)))
      return unknown('it is not known which Service the address is used for');
    const unheard = this.#unheard(of.atMs);
    if (unheard !== null) return unheard;
    if (uses.length === 1) return this.#judge(of, address, uses[0]);
    const answers = uses.map((use) => this.#judge(of, address, use));
    const [first] = answers;
    const isAgreed = answers.every((one) => one.isKnown && first.isKnown && one.value.state === first.value.state);
    if (isAgreed) return first;
    const waiting = answers.find((one) => !one.isKnown && one.mayCome);
    return waiting ?? unknown('the address is used for several Services');
  }

  /** Pods that had the peer's address then, or last; by the slices. */
  podsAt(of: Observation): readonly { readonly uid: string; readonly pod: string }[] {
    const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
    if (ip === null) return [];
    const endpoint = this.endpoint(of);
    if (endpoint.isKnown)
      return endpoint.value.pod === '' ? [] : [{ uid: endpoint.value.podUid, pod: endpoint.value.pod }];
    const owner = this.#options.owners.finder()({ ip, port: of.peer!.port! }, null);
    if (owner === null) return [];
    const located = this.#options.cluster.index.at(ip).find((one) => podOf(one) === owner.pod);
    return [{ uid: located?.endpoint.podUid ?? '', pod: owner.pod }];
  }

  /** How many were ready when they were fewest, without moments in which slices were rewritten. */
  readyEndpoints(of: Observation): Answer<{ readonly service: string; readonly ready: number }> {
    const service = this.#serviceOf(of);
    if (service === null || service === 'several')
      return unknown(service === null ? 'no Service is known' : 'it may be several Services');
    const unheard = this.#unheard(of.atMs);
    if (unheard !== null) return unheard;
    const phases = this.#options.timeline.readyOf(service, of.atMs);
    if (phases.length === 0) return unknown(`no EndpointSlice of ${service.service} had been seen`);
    const nowMs = this.#options.clock.now();
    const inSpan = within(phases, of.sinceMs, of.atMs);
    const lasting = inSpan.filter((phase) => lastedMs(phases, phase, nowMs) >= REWRITE_MS);
    const latest = inSpan.at(-1)!;
    if (latest === phases.at(-1) && !lasting.includes(latest)) return pending('its EndpointSlices are being rewritten');
    const ready = Math.min(...(lasting.length > 0 ? lasting : [latest]).map(({ value }) => value));
    return known({ service: service.service, ready });
  }

  /** The Service of all upstreams that it may be about. */
  #serviceOf(of: Observation): ServicePort | 'several' | null {
    let found: ServicePort | null = null;
    for (const { view, mapped } of upstreamsOf(this.#options.used, of)) {
      const { service } = mapped;
      if (service === null || this.#isOld(view.readAtMs)) continue;
      if (found !== null && !isSamePort(found, service)) return 'several';
      found ??= service;
    }
    return found;
  }

  /** All that an answer depends on. */
  #moment(): Moment {
    const { clock, cluster, timeline, used } = this.#options;
    return {
      ...{ nowMs: clock.now(), slices: timeline.version, used: used.version },
      currentMs: cluster.currentAtMs('endpointslices'),
      knownMs: cluster.knownUntilMs('endpointslices'),
    };
  }

  #isNow(moment: Moment): boolean {
    const { clock, cluster, timeline, used } = this.#options;
    return (
      moment.nowMs === clock.now() &&
      moment.slices === timeline.version &&
      moment.used === used.version &&
      moment.currentMs === cluster.currentAtMs('endpointslices') &&
      moment.knownMs === cluster.knownUntilMs('endpointslices')
    );
  }

  #judge(of: Observation, address: SocketAddress, use: AddressUse): Answer<LocatedFact> {
    const { cluster, clock, timeline } = this.#options;
    const service = use.mapped.service!;
    const heardMs = this.#heardUntilMs(of.atMs);
    const phases = timeline.statesOf(service, address, heardMs);
    if (phases.length === 0) return unknown(`no EndpointSlice of ${service.service} had been seen`);
    const nowMs = clock.now();
    const bad = lastBad(phases, of, heardMs);
    if (bad === undefined) {
      const untilMs = Math.max(nowMs, cluster.knownUntilMs('endpointslices'));
      if (untilMs < of.atMs + LATE_MS) return pending('a change may be under way', 'endpoints');
      const live = within(phases, of.sinceMs, of.atMs).at(-1)!;
      return known(this.#fact(of, { address, use, phases, phase: live }));
    }
    if (this.#isAhead(use)) {
      this.#doubts.ask(use.sinceMs);
      return pending('the proxy may know more than the EndpointSlices that were heard of', 'endpoints');
    }
    if (phases.every(({ value }) => value === 'stale') && !cluster.index.mayHave(service.service, address.ip))
      return unknown(`no EndpointSlice of ${service.service} is of its family`);
    const isAbsent = bad.value !== 'not_ready' && bad.value !== 'terminating';
    if (isAbsent && lastedMs(phases, bad, nowMs) < REWRITE_MS && bad === phases.at(-1))
      return pending('its EndpointSlices are being rewritten');
    return known(this.#fact(of, { address, use, phases, phase: bad }));
  }

  #fact(of: Observation, { address, use, phases, phase }: Judged): LocatedFact {
    const service = use.mapped.service!;
    const { value: state, at } = phase;
    const located =
      at.find(({ slice, endpoint }) => endpoint.podName !== '' && slice.service === service.service) ?? at[0];
    const untilMs = Math.max(of.atMs, phase.sinceMs ?? 0);
    const counts = within(this.#options.timeline.readyOf(service, untilMs), of.sinceMs, untilMs);
    const wasReady = wasEverReady(phases, phase);
    return {
      state: state as Exclude<EndpointState, 'missing' | 'unknown'>,
      service: service.service,
      sinceMs: phase.sinceMs === null ? null : Math.min(phase.sinceMs, of.atMs),
      pod: located?.endpoint.podName ? podOf(located) : (this.#options.owners.finder()(address, service)?.pod ?? ''),
      podUid: located?.endpoint.podUid ?? '',
      place: use.place,
      ready: counts.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY),
      ...(wasReady === undefined ? {} : { wasReady }),
    };
  }

  /** Why nothing can be said of the slices at that moment. */
  #unheard(atMs: number): Unknown | null {
    const { cluster } = this.#options;
    const freshness = cluster.freshness('endpointslices');
    if (freshness === 'unwatched') return unknown('nothing says what the EndpointSlices are');
    if (freshness === 'pending') return pending('the EndpointSlices are being listed');
    if (freshness === 'stale') return unknown('the EndpointSlices are older than they may be');
    if ((cluster.followedSinceMs('endpointslices') ?? 0) > atMs)
      return unknown('the EndpointSlices were not known yet');
    const isInContact = Number.isFinite(cluster.knownUntilMs('endpointslices'));
    if (isInContact && cluster.currentAtMs('endpointslices')! >= atMs - PROVEN_MS) return null;
    this.#doubts.ask(atMs);
    return pending('nothing was heard of the EndpointSlices since', 'endpoints');
  }

  /**
   * What the proxy has taken since the slices were last heard of may be newer than they are. Of what was only seen to be used nobody knows when
   * it was taken, and its Service only because the slices had it before.
   */
  #isAhead({ view, sinceMs, untilMs }: AddressUse): boolean {
    if (untilMs !== null || view.source === 'observed') return false;
    return this.#options.cluster.knownUntilMs('endpointslices') < sinceMs;
  }

  /** Changes that were heard of until then may have been there at the moment: after a time without contact they come at its end. */
  #heardUntilMs(atMs: number): number {
    const gap = this.#options.cluster.lastGap('endpointslices');
    const isInGap = gap !== undefined && gap.fromMs <= atMs && atMs <= gap.untilMs;
    return Math.max(atMs + LATE_MS, isInGap ? gap.untilMs : 0);
  }

  #isJudged({ mapped, view, untilMs }: AddressUse): boolean {
    return mapped.service !== null && !mapped.isStatic && (untilMs !== null || !this.#isOld(view.readAtMs));
  }

  #isOld(readAtMs: NamedUpstream['view']['readAtMs']): boolean {
    return this.#options.clock.now() - readAtMs > this.#options.viewStaleAfterMs;
  }
}
