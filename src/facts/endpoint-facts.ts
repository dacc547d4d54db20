import type { EndpointState } from '../contract/endpoint.ts';
import type { Observation } from '../contract/failure.ts';
import type { TimeoutRange } from '../contract/gateway-settings.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, type Known, known, unknown } from './answer.ts';
import { whenBegun } from './attempt-span.ts';
import { lastBad, wasEverReady } from './bad-phase.ts';
import type { ClusterState } from './cluster-state.ts';
import { podOf } from './endpoint-index.ts';
import type { SocketAddress } from './endpoint-states.ts';
import { type AddressPhase, type EndpointTimeline, endpointOf, REWRITE_MS } from './endpoint-timeline.ts';
import { BEHIND, NO_ADDRESS, NO_SERVICE, NOT_LISTED, NOT_SEEN, REWRITTEN, UNDER_WAY } from './endpoint-unknown.ts';
import { FirstLooks } from './first-looks.ts';
import { CAREFUL } from './gateway-limits.ts';
import type { LastOwners } from './last-owners.ts';
import { lastedMs, lastWithin, leastWithin } from './phase-span.ts';
import { readyDuring } from './ready-span.ts';
import { isSame, type KnownPod, type LocatedFact, PodsByAddress } from './said-endpoints.ts';
import { SliceNews } from './slice-news.ts';
import { peerUses, serviceOf, upstreamsOf } from './upstream-identity.ts';
import type { AddressUse, NamedUpstream, UsedAddresses } from './used-addresses.ts';

const NO_PODS: readonly KnownPod[] = [];

export interface EndpointFactsOptions {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly timeline: EndpointTimeline;
  readonly used: UsedAddresses;
  readonly owners: LastOwners;
  readonly viewStaleAfterMs: number;
  /** What is configured; null: not known. */
  readonly timeout: (of: Observation) => TimeoutRange | null;
}

/** All that an answer depends on. */
interface Moment {
  nowMs: number;
  /** Versions. */
  slices: number;
  used: number;
  currentMs: number | null;
  knownMs: number;
}

interface Asked {
  readonly of: Observation;
  readonly answer: Answer<LocatedFact>;
  pods: readonly KnownPod[] | undefined;
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
  readonly #news: SliceNews;
  readonly #first: FirstLooks;
  /** Several rules ask the same, one after the other. */
  #last: Asked | undefined;
  readonly #lastMoment: Moment = { nowMs: 0, slices: 0, used: 0, currentMs: null, knownMs: 0 };
  readonly #pods = new PodsByAddress();

  constructor(options: EndpointFactsOptions) {
    this.#options = options;
    this.#news = new SliceNews(options.cluster, options.clock);
    this.#first = new FirstLooks(options.clock, options.cluster);
  }

  /** An answer waits until the slices are known as of this moment; null: none does. */
  doubtMs(): number | null {
    return this.#news.doubtMs();
  }

  endpoint(of: Observation): Answer<LocatedFact> {
    return this.#ask(of).answer;
  }

  #ask(of: Observation): Asked {
    const last = this.#last;
    if (last?.of === of && this.#isNow()) return last;
    const asked = { of, answer: this.#endpoint(of), pods: undefined };
    this.#last = asked;
    this.#keepMoment();
    return asked;
  }

  #endpoint(of: Observation): Answer<LocatedFact> {
    const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
    if (ip === null) return NO_ADDRESS;
    const address = { ip, port: of.peer!.port! };
    const uses = peerUses(this.#options.used, of);
    if (uses.length === 0 && this.#first.mayBeSeen(of)) return NOT_SEEN;
    if (!this.#areJudged(uses)) return this.#first.mayBeListed(of) ? NOT_LISTED : NO_SERVICE;
    const unheard = this.#news.missing(of.atMs);
    if (unheard !== null) return unheard;
    return uses.length === 1 ? this.#judge(of, address, uses[0]) : this.#judgeAll(of, address, uses);
  }

  #judgeAll(of: Observation, address: SocketAddress, uses: readonly AddressUse[]): Answer<LocatedFact> {
    const answers = uses.map((use) => this.#judge(of, address, use));
    const [first] = answers;
    const isAgreed = answers.every((one) => one.isKnown && first.isKnown && one.value.state === first.value.state);
    if (isAgreed) return first;
    const waiting = answers.find((one) => !one.isKnown && one.mayCome);
    return waiting ?? unknown('the address is used for several Services');
  }

  /** Pods that had the peer's address then, or last; by the slices. The same array as long as nothing changes. */
  podsAt(of: Observation): readonly KnownPod[] {
    // Where no cluster is watched: cheaper than asking.
    if (this.#options.timeline.version === 0 && this.#options.owners.isEmpty) return NO_PODS;
    const asked = this.#ask(of);
    asked.pods ??= this.#podsOf(asked);
    return asked.pods;
  }

  #podsOf({ of, answer }: Asked): readonly KnownPod[] {
    if (answer.isKnown) return answer.value.pods;
    const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
    if (ip === null) return NO_PODS;
    const owner = this.#options.owners.find({ ip, port: of.peer!.port! }, null);
    if (owner === null) return NO_PODS;
    const here = this.#options.cluster.index.at(ip);
    const located = here.length <= 1 ? here[0] : here.find((one) => podOf(one) === owner.pod);
    const uid = located !== undefined && podOf(located) === owner.pod ? located.endpoint.podUid : '';
    return this.#pods.of(ip, uid, owner.pod);
  }

  /** How many were ready (ready-span.ts). */
  readyEndpoints(of: Observation): Answer<{ readonly service: string; readonly ready: number }> {
    const service = serviceOf(upstreamsOf(this.#options.used, of).filter(({ view }) => !this.#isOld(view.readAtMs)));
    if (service === null || service === 'several')
      return unknown(service === null ? 'no Service is known' : 'it may be several Services');
    const unheard = this.#news.missing(of.atMs);
    if (unheard !== null) return unheard;
    const phases = this.#options.timeline.readyOf(service).phases(of.atMs);
    if (phases.length === 0) return unknown(`no EndpointSlice of ${service.service} had been seen`);
    const ready = readyDuring(phases, of, { waited: this.#waited(of), nowMs: this.#options.clock.now() });
    if (ready === undefined) return REWRITTEN;
    return known({ service: service.service, ready });
  }

  #keepMoment(): void {
    const { clock, cluster, timeline, used } = this.#options;
    const moment = this.#lastMoment;
    moment.nowMs = clock.now();
    moment.slices = timeline.version;
    moment.used = used.version;
    moment.currentMs = cluster.currentAtMs('endpointslices');
    moment.knownMs = cluster.knownUntilMs('endpointslices');
  }

  /** Nothing has changed since. */
  #isNow(): boolean {
    const { clock, cluster, timeline, used } = this.#options;
    const moment = this.#lastMoment;
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
    const heardMs = this.#news.heardUntilMs(of.atMs);
    const phases = timeline.statesOf(service, address, heardMs);
    if (phases.length === 0) return unknown(`no EndpointSlice of ${service.service} had been seen`);
    const nowMs = clock.now();
    const bad = lastBad(phases, of, heardMs);
    if (bad === undefined) {
      if (this.#news.mayChange(of.atMs)) return UNDER_WAY;
      const live = lastWithin(phases, of.sinceMs, of.atMs);
      return this.#fact(of, { address, use, phases, phase: live });
    }
    if (this.#news.areBehind(use)) return BEHIND;
    if (phases.every(({ value }) => value === 'stale') && !cluster.index.mayHave(service.service, address.ip))
      return unknown(`no EndpointSlice of ${service.service} is of its family`);
    const isAbsent = bad.value !== 'not_ready' && bad.value !== 'terminating';
    if (isAbsent && lastedMs(phases, bad, nowMs) < REWRITE_MS && bad === phases.at(-1)) return REWRITTEN;
    const lookedSinceMs = cluster.followedSinceMs('endpointslices') ?? nowMs;
    const begun = whenBegun(phases, of, { bad, waited: this.#waited(of), lookedSinceMs });
    const fact = this.#fact(of, { address, use, phases, phase: begun.phase });
    if (begun.isLater) return known({ ...fact.value, isLater: true });
    return begun.isOver ? known({ ...fact.value, isOver: true }) : fact;
  }

  /** How long a connection was waited for that timed out; null: they did not fail for that. */
  #waited(of: Observation): TimeoutRange | null {
    return of.symptom === 'connect_timeout' ? (this.#options.timeout(of) ?? CAREFUL) : null;
  }

  #fact(of: Observation, { address, use, phases, phase }: Judged): Known<LocatedFact> {
    const { owners, timeline } = this.#options;
    const { said } = phase;
    const service = use.mapped.service!;
    const isNamed = said?.isNamed ?? (endpointOf(phase, service.service)?.endpoint.podName ?? '') !== '';
    const untilMs = Math.max(of.atMs, phase.sinceMs ?? 0);
    const sinceMs = phase.sinceMs === null ? null : Math.min(phase.sinceMs, of.atMs);
    const readyPort = said?.ready ?? timeline.readyOf(service);
    const ready = leastWithin(readyPort.phases(untilMs), of.sinceMs, untilMs);
    const wasReady = wasEverReady(phases, phase);
    const owner = isNamed ? '' : (owners.find(address, service)?.pod ?? '');
    const isTheSame = said !== undefined && said.place === use.place && said.owner === owner;
    if (isTheSame && isSame(said.answer.value, sinceMs, ready, wasReady)) return said.answer;
    const located = endpointOf(phase, service.service);
    const pod = isNamed ? podOf(located!) : owner;
    const podUid = located?.endpoint.podUid ?? '';
    const answer = known({
      ...{ state: phase.value as Exclude<EndpointState, 'missing' | 'unknown'>, service: service.service, sinceMs },
      ...{ pod, podUid, place: use.place, ready, ...(wasReady === undefined ? {} : { wasReady }) },
      pods: pod === '' ? NO_PODS : this.#pods.of(address.ip, podUid, pod),
    });
    phase.said = { place: use.place, isNamed, owner, ready: readyPort, answer };
    return answer;
  }

  #areJudged(uses: readonly AddressUse[]): boolean {
    if (uses.length === 0) return false;
    for (const { mapped, view, untilMs } of uses)
      if (mapped.service === null || mapped.isStatic || (untilMs === null && this.#isOld(view.readAtMs))) return false;
    return true;
  }

  #isOld(readAtMs: NamedUpstream['view']['readAtMs']): boolean {
    return this.#options.clock.now() - readAtMs > this.#options.viewStaleAfterMs;
  }
}
