import { explanationOf } from '../causes/index.ts';
import type { Verdict } from '../causes/verdict.ts';
import type { Change } from '../contract/evidence.ts';
import type { Cause, ProxyKind } from '../contract/names.ts';
import { Affected } from './affected.ts';
import { CauseTally } from './cause-tally.ts';
import { opensIncident, REASONS } from './condition-reasons.ts';
import { type ActiveCondition, HeldConditions } from './held-conditions.ts';
import type { Incident } from './incident.ts';
import { affectedName, serviceOf } from './incident-key.ts';
import { nextOf, overWords, titleOf } from './incident-words.ts';
import { RecentRate } from './recent-rate.ts';
import { Replicas } from './replicas.ts';
import { ranked } from './root-cause.ts';
import { Timeline } from './timeline.ts';
import { Told } from './told.ts';

/** Without a failure and without a bad state for so long it is over. */
const CLOSE_AFTER_MS = 300_000;
/** The same when no request has failed. */
const CLOSE_UNHARMED_AFTER_MS = 60_000;
/** Without a failure for so long it is quiet. */
const QUIET_AFTER_MS = 60_000;
const MOST_SERVICES = 400;
const LONGEST_TEXT = 300;

/** How many requests the gateway answered since then; null: not known. */
export type RequestsOf = (namespace: string, gateway: string, sinceMs: number) => number | null;

export type Origin = Pick<Incident, 'id' | 'namespace' | 'gateway' | 'startedMs'>;

/** One incident while it grows. */
export class IncidentRecord {
  readonly origin: Origin;
  /** What belongs to it: see `failureKey`, and `family …` of conditions. */
  readonly keys = new Set<string>();
  /** Incidents that turned out to be this one; they are still found by their id. */
  readonly formerIds = new Set<string>();
  readonly conditions = new HeldConditions();
  readonly timeline = new Timeline();
  readonly services = new Set<string>();
  isOpen = true;
  lastMs: number;
  failures = 0;
  /** Grows with everything that changes. */
  version = 1;
  #proxy: ProxyKind | null = null;
  /** From then on quiet time counts: a failure, a condition, or the start after an earlier run. */
  #awakeMs: number;
  /** What an earlier run knew may be said again late. */
  #closeAfterMs = CLOSE_UNHARMED_AFTER_MS;
  #failedMs: number | null = null;
  #isQuiet = false;
  readonly #replicas = new Replicas();
  readonly #tallies = new Map<Cause, CauseTally>();
  readonly #affected = new Affected();
  readonly #told = new Told(LONGEST_TEXT);
  readonly #heard = new WeakSet<Change>();
  readonly #rate = new RecentRate();
  #share: number | null = null;
  /** Failures that the share is of. */
  #measured = 0;

  constructor(origin: Origin, nowMs: number) {
    this.origin = origin;
    this.lastMs = origin.startedMs;
    this.#awakeMs = nowMs;
  }

  /** The root cause; null while no request has failed. */
  get cause(): Cause | null {
    return ranked([...this.#tallies.values()])[0]?.cause ?? null;
  }

  get isUnidentified(): boolean {
    return this.#tallies.has('unidentified') && this.cause === 'unidentified';
  }

  rate(nowMs: number): number {
    return this.#rate.perSecond(nowMs);
  }

  get causes(): Cause[] {
    return [...this.#tallies.keys()];
  }

  /** True when it is the first of its cause, or of its Service. */
  add(verdict: Verdict): boolean {
    const { observation, count, cause, upstream } = verdict;
    const { atMs, subject } = observation;
    const name = affectedName(upstream, observation.peer);
    const service = serviceOf(upstream);
    const isNewService = service !== '' && this.services.size < MOST_SERVICES && !this.services.has(service);
    const isNew = !this.#tallies.has(cause) || isNewService;
    if (isNew || this.#isQuiet) this.#tellFailures(atMs, cause, name);
    this.#tally(cause).add(verdict);
    if (isNewService) this.services.add(service);
    this.#affected.add(name, count);
    this.#told.add(observation);
    this.#replicas.add(subject);
    this.#proxy ??= observation.proxy;
    this.failures += count;
    this.#closeAfterMs = CLOSE_AFTER_MS;
    this.#rate.add(atMs, count);
    this.#failedMs = Math.max(this.#failedMs ?? 0, atMs);
    this.#touch(atMs);
    return isNew;
  }

  begin(condition: ActiveCondition, nowMs: number): void {
    const { sinceMs, evidence } = condition;
    if (this.conditions.begin(condition)) {
      const { words } = REASONS[condition.condition];
      const text = evidence === '' ? words : `${words}: ${evidence.slice(0, LONGEST_TEXT)}`;
      this.timeline.add({ atMs: sinceMs, kind: 'condition', text });
    }
    this.#replicas.add(condition.subject);
    this.#touch(nowMs, condition);
  }

  /** It holds still. */
  confirm(nowMs: number): void {
    this.lastMs = Math.max(this.lastMs, nowMs);
  }

  end({ condition, subject }: Pick<ActiveCondition, 'condition' | 'subject'>, nowMs: number): void {
    if (!this.conditions.end(condition, subject)) return;
    this.timeline.add({ atMs: nowMs, kind: 'condition', text: `over: ${REASONS[condition].words}` });
    this.#touch(nowMs, { condition });
  }

  /** Hears of each change once, however often it is told. */
  change(change: Change): void {
    if (this.#heard.has(change)) return;
    this.#heard.add(change);
    const { atMs, kind, text } = change;
    this.timeline.add({ atMs, kind, text });
    this.version++;
  }

  /** Both are one: takes all that the other one holds. */
  absorb(other: IncidentRecord): void {
    for (const key of other.keys) this.keys.add(key);
    for (const id of [other.origin.id, ...other.formerIds]) this.formerIds.add(id);
    for (const service of other.services) this.services.add(service);
    for (const subject of other.#replicas.list()) this.#replicas.add(subject);
    for (const tally of other.#tallies.values()) this.#tally(tally.cause).absorb(tally.share());
    this.#affected.absorb(other.#affected);
    this.conditions.absorb(other.conditions);
    this.timeline.absorb(other.timeline);
    this.#rate.absorb(other.#rate);
    this.#told.absorb(other.#told.list());
    this.#proxy ??= other.#proxy;
    this.failures += other.failures;
    if (other.#failedMs !== null) this.#failedMs = Math.max(this.#failedMs ?? 0, other.#failedMs);
    this.#isQuiet &&= other.#isQuiet;
    this.#closeAfterMs = Math.max(this.#closeAfterMs, other.#closeAfterMs);
    this.#touch(other.lastMs);
  }

  /** Notes that it has become quiet, or is over. */
  look(nowMs: number, requestsOf: RequestsOf): void {
    if (this.#failedMs !== null && !this.#isQuiet && nowMs - this.#failedMs >= QUIET_AFTER_MS) {
      this.#isQuiet = true;
      this.timeline.add({ atMs: this.#failedMs, kind: 'quiet', text: 'the last failure' });
      this.version++;
    }
    if (this.failures !== this.#measured) this.#measure(requestsOf);
    if (this.conditions.isHeldOpen || nowMs - this.#awakeMs < this.#closeAfterMs) return;
    this.isOpen = false;
    this.version++;
    this.timeline.add({ atMs: nowMs, kind: 'quiet', text: overWords(this.failures, this.#closeAfterMs) });
  }

  render(nowMs: number): Incident {
    const parts = this.facts(nowMs);
    const of = { ...parts, affectedCount: this.#affected.size, failedMs: this.#failedMs ?? this.lastMs };
    return { ...parts, title: titleOf(of), next: nextOf(of) };
  }

  /** Without the sentences that are made of them. */
  facts(nowMs: number): Omit<Incident, 'title' | 'next'> {
    const causes = ranked([...this.#tallies.values()]).map((tally) => tally.share());
    return {
      ...this.origin,
      isOpen: this.isOpen,
      lastMs: this.lastMs,
      proxy: this.#proxy,
      subjects: this.#replicas.list(),
      cause: causes[0]?.cause ?? null,
      conditions: this.conditions.list(),
      affected: this.#affected.names(),
      failures: this.failures,
      rate: this.rate(nowMs),
      share: this.#share,
      causes,
      timeline: this.timeline.entries(),
      ...this.#told.list(),
    };
  }

  /** What an earlier run had. */
  restore(saved: Incident): void {
    this.isOpen = saved.isOpen;
    this.#closeAfterMs = CLOSE_AFTER_MS;
    this.lastMs = saved.lastMs;
    this.failures = saved.failures;
    this.#proxy = saved.proxy;
    this.#share = saved.share;
    this.#measured = saved.failures;
    this.#told.absorb(saved);
    if (saved.failures > 0) this.#failedMs = saved.lastMs;
    this.#isQuiet = saved.failures > 0;
    for (const subject of saved.subjects) this.#replicas.add(subject);
    for (const share of saved.causes) this.#tally(share.cause).absorb(share);
    for (const { upstreams } of saved.causes)
      for (const { upstream } of upstreams) if (serviceOf(upstream) !== '') this.services.add(serviceOf(upstream));
    // Only their order is known.
    saved.affected.forEach((name, index) => void this.#affected.add(name, saved.affected.length - index));
    this.conditions.restore(saved.conditions);
    for (const entry of saved.timeline) this.timeline.add(entry);
  }

  #tally(cause: Cause): CauseTally {
    const tally = this.#tallies.get(cause) ?? new CauseTally(cause);
    if (tally.count === 0) this.#tallies.set(cause, tally);
    return tally;
  }

  #tellFailures(atMs: number, cause: Cause, name: string): void {
    const words = `${name === '' ? '' : `${name}: `}${explanationOf(cause).title}`;
    this.timeline.add({ atMs, kind: 'failures', text: this.#isQuiet ? `failures again, ${words}` : words });
    this.#isQuiet = false;
  }

  #measure(requestsOf: RequestsOf): void {
    const { namespace, gateway, startedMs } = this.origin;
    this.#measured = this.failures;
    const requests = requestsOf(namespace, gateway, startedMs);
    this.#share = requests === null || requests <= 0 ? null : Math.min(1, this.failures / requests);
  }

  #touch(atMs: number, of?: Pick<ActiveCondition, 'condition'>): void {
    this.lastMs = Math.max(this.lastMs, atMs);
    if (of === undefined || opensIncident(of.condition)) this.#awakeMs = Math.max(this.#awakeMs, atMs);
    this.version++;
  }
}
