import type { FailureSource, LogStep, Observation, ObservationSink, PeerAddress } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind, Symptom } from '../contract/names.ts';
import type { Persistent } from '../contract/unit.ts';
import { toldByBoth } from './counted-once-both.ts';
import { Credits } from './counted-once-credits.ts';
import { isInStats, isVagueLog, logKeys } from './counted-once-envoy.ts';
import { FirstLines } from './counted-once-first-lines.ts';
import { LoggedHosts } from './counted-once-hosts.ts';
import {
  companionKeys,
  creditKeyOf,
  gatewayOf,
  innerKeyOf,
  isRefusal,
  isToldTwice,
  keyOf,
  nginxCreditKeys,
  unaddressedKeys,
  usualSource,
  withoutOtherStatus,
} from './counted-once-keys.ts';
import { likeliestFirst } from './counted-once-likeness.ts';
import type { CountedOnceOptions, Waiting } from './counted-once-options.ts';
import { Sources, TELLS_LESS, TELLS_MORE } from './counted-once-sources.ts';
import { WaitingFailures } from './counted-once-waiting.ts';
import { restoredFailures, savedFailure } from './engine-saved.ts';

const MOST_WAITING = 10_000;

/**
 * Passes each failure on once where two sources tell of it: they are matched by gateway, upstream and kind, within the time that the
 * one may lag behind the other. Every failure that one source alone tells of is passed on.
 */
export class CountedOnce implements ObservationSink, Persistent {
  readonly #options: CountedOnceOptions;
  readonly #credits: Credits;
  readonly #waiting = new WaitingFailures();
  readonly #sources = new Sources();
  readonly #hosts = new LoggedHosts();
  readonly #firstLines = new FirstLines();

  constructor(options: CountedOnceOptions) {
    this.#options = options;
    this.#credits = new Credits(options.clock);
  }

  /** Failures that wait for the other source. */
  get waiting(): number {
    return this.#waiting.count;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  present(proxy: ProxyKind, subject: Subject, source = usualSource(proxy), sinceMs = this.#options.clock.now()): void {
    const gateway = gatewayOf(proxy, subject);
    if (proxy === 'envoy' && source === 'stats' && this.#sources.sinceMs(gateway, source) === undefined)
      for (const line of this.#firstLines.take(gateway, sinceMs))
        this.#credits.add(creditKeyOf(line), line.count, line.symptom);
    this.#sources.present(gateway, source, sinceMs);
  }

  /** What the log says vaguely need not wait for statistics that have been read since. */
  read(proxy: ProxyKind, subject: Subject, source: FailureSource, atMs: number): void {
    if (proxy !== 'envoy' || source !== 'stats') return;
    this.#sources.read(gatewayOf(proxy, subject), atMs);
    this.#releaseAll(this.#waiting.filter(({ isVague, observation }) => isVague && this.#haveTold(observation)));
  }

  lags(proxy: ProxyKind, subject: Subject, step: LogStep, mostMs: number): void {
    this.#sources.lags(gatewayOf(proxy, subject), step, mostMs);
  }

  named(proxy: ProxyKind, subject: Subject, peer: PeerAddress): void {
    this.#hosts.named(gatewayOf(proxy, subject), peer);
  }

  observe(told: Observation): void {
    const observation = withoutOtherStatus(told, this.#options.refusalStatuses);
    const { proxy, count, isOnlyHere, source = usualSource(proxy) } = observation;
    if (isInStats(observation) && this.#hears(proxy, observation.subject, 'stats')) return;
    if (!isToldTwice(observation) || isOnlyHere || !(count > 0)) this.#options.pass(observation);
    else if (source === TELLS_MORE[proxy]) this.#hear(observation);
    else this.#match(observation);
  }

  /** Passes on what the other source has not told of in time. */
  tick(nowMs: number): void {
    this.#releaseAll(this.#waiting.filter(({ untilMs, lagMs }) => untilMs <= nowMs || untilMs > nowMs + lagMs));
  }

  #releaseAll(due: readonly Waiting[]): void {
    for (const one of due) this.#waiting.remove(one);
    for (const one of due) this.#release(one, true);
  }

  save(): unknown {
    const saved = (all: readonly Waiting[]) =>
      all.map(({ observation, count }) => savedFailure({ ...observation, count }));
    const waiting = saved(this.#waiting.filter(({ isVague, observation }) => !isVague && !observation.isLogged));
    return { waiting, vague: saved(this.#waiting.filter(({ isVague }) => isVague)), credits: this.#credits.save() };
  }

  /** What waited is passed on when its time is over, unless the other source tells of it. */
  restore(saved: unknown): void {
    const { waiting, vague, credits } = (saved ?? {}) as { waiting?: unknown; vague?: unknown; credits?: unknown };
    this.#credits.restore(credits);
    for (const one of restoredFailures(waiting, MOST_WAITING)) this.#wait(one, one.count, false);
    for (const one of restoredFailures(vague, MOST_WAITING)) this.#wait(one, one.count, true);
  }

  /** The source that says more: what the other one said of it before is done, what it will say of it is known. */
  #hear(observation: Observation): void {
    // Refused requests are failures where nginx answers 503, which the access log knows.
    const isVague = isRefusal(observation) || (observation.proxy === 'envoy' && isVagueLog(observation));
    if (this.#isToldByOther(observation)) this.#hearToo(observation, isVague);
    else this.#hearAlone(observation, isVague);
  }

  #hearToo(observation: Observation, isVague: boolean): void {
    const { subject, symptom, count, isSubrequest } = observation;
    if (!isVague) this.#options.pass(observation);
    if (isSubrequest) this.#credits.add(innerKeyOf(observation), count, symptom);
    if (isSubrequest && !this.#options.mayLogSubrequests(subject)) return;
    // A companion line explains an answer of nginx's own where an attempt of the subrequest has failed.
    const isCompanion = symptom === 'subrequest_failed';
    const most = isCompanion ? this.#credits.takeOf(companionKeys(observation), count) : count;
    const left = this.#takeWaiting(observation, false, most, (matched, other) => {
      if (isVague) this.#passBoth(observation, other, matched);
    });
    // A subrequest's own line told of the attempt; the access log has the 500 that became of it, without an address.
    if (!isVague) this.#credits.add(creditKeyOf(observation), left, symptom);
    else if (left > 0) this.#wait(observation, left, true);
  }

  /** The other source does not tell of it any more; what waits of it was told to the run before. */
  #hearAlone(observation: Observation, isVague: boolean): void {
    const gateway = gatewayOf(observation.proxy, observation.subject);
    if (observation.proxy === 'envoy' && this.#sources.sinceMs(gateway, 'stats') === undefined)
      this.#firstLines.add(gateway, observation, this.#options.clock.now());
    if (!isVague) this.#options.pass(observation);
    const left = this.#takeWaiting(observation, false, observation.count, (matched, other) => {
      if (isVague) this.#passBoth(observation, other, matched);
    });
    if (isVague && left > 0) this.#options.pass({ ...observation, count: left });
  }

  /** The source that says less. */
  #match(observation: Observation): void {
    const { proxy, subject, count, isLogged, loggedAs: symptom = observation.symptom } = observation;
    if (!this.#hears(proxy, subject, TELLS_MORE[proxy])) {
      if (observation.ownStatus !== 429) this.#options.pass(observation);
      return;
    }
    // What says the same, then what says nothing, then what says something else.
    let left = isLogged || proxy === 'nginx' ? count : count - this.#takeCredits(observation, count, symptom);
    left = this.#takeWaiting(observation, true, left, (matched, vague) => this.#passBoth(vague, observation, matched));
    if (!isLogged) left -= this.#takeCredits(observation, left);
    if (left > 0) this.#wait(observation, left, false);
  }

  /** Envoy's statistics tell of what has happened since they were first read. */
  #isToldByOther({ proxy, subject, atMs }: Observation): boolean {
    const sinceMs = this.#sources.sinceMs(gatewayOf(proxy, subject), TELLS_LESS[proxy]);
    return proxy === 'envoy'
      ? sinceMs !== undefined && atMs >= sinceMs
      : this.#hears(proxy, subject, TELLS_LESS[proxy]);
  }

  #haveTold({ proxy, subject, atMs }: Observation): boolean {
    return proxy === 'envoy' && this.#sources.haveTold(gatewayOf(proxy, subject), atMs);
  }

  #passBoth(vague: Observation, other: Observation, count: number): void {
    this.#options.pass({ ...toldByBoth(vague, other, this.#options.clock.now()), count });
  }

  /** Takes up to `count` of those that wait, of the same address first; returns how many there were not. */
  #takeWaiting(
    of: Observation,
    isVague: boolean,
    count: number,
    taken: (matched: number, observation: Observation) => void,
  ): number {
    if (this.#waiting.size === 0) return count;
    let left = count;
    for (const one of this.#like(of, isVague)) {
      if (left === 0) break;
      const matched = Math.min(left, one.count);
      one.count -= matched;
      left -= matched;
      if (one.count === 0) this.#waiting.remove(one);
      taken(matched, one.observation);
    }
    return left;
  }

  /** Those that wait for what the other source says now, the likeliest first. */
  #like(of: Observation, isVague: boolean): readonly Waiting[] {
    const waiting = this.#waiting.near(of, keyOf(of)).filter((one) => one.isVague === isVague);
    const gateway = gatewayOf(of.proxy, of.subject);
    return likeliestFirst(of, waiting, (line, stats) => this.#hosts.isElsewhere(gateway, line, stats));
  }

  /** What the source that says more has told of before. */
  #takeCredits(of: Observation, count: number, symptom?: Symptom): number {
    if (of.proxy === 'nginx') return this.#credits.takeOf(nginxCreditKeys(of), count);
    const { keys, beginning } = logKeys(gatewayOf('envoy', of.subject), of);
    let taken = this.#credits.takeOf(keys, count, symptom);
    if (beginning !== null && taken < count) taken += this.#credits.takeBeginning(beginning, count - taken, symptom);
    return taken;
  }

  #wait(observation: Observation, count: number, isVague: boolean): void {
    const { clock, onWait, onHurried, mostWaiting = MOST_WAITING } = this.#options;
    onWait?.(observation);
    const lagMs = this.#sources.lagMs(observation, isVague);
    const waiting = { observation, key: keyOf(observation), untilMs: clock.now() + lagMs, lagMs, isVague, count };
    if (isVague && this.#haveTold(observation)) {
      this.#release(waiting, true);
      return;
    }
    this.#waiting.add(waiting);
    const { oldest } = this.#waiting;
    if (this.#waiting.size <= mostWaiting || oldest === undefined) return;
    this.#waiting.remove(oldest);
    if (!oldest.observation.isLogged) onHurried(oldest.count);
    this.#release(oldest);
  }

  /** `isDue`: the other source has had its time. */
  #release({ observation, key, isVague, count }: Waiting, isDue = false): void {
    if (observation.isLogged) return;
    const left = count - this.#credits.takeOf(unaddressedKeys(observation), count);
    // A 429 alone is nothing that anybody counts as a failure.
    const isUntold = isDue && observation.proxy === 'nginx' && observation.source === 'access_log';
    if (left > 0 && observation.ownStatus !== 429)
      this.#options.pass({ ...observation, count: left, ...(isUntold ? { isUntold } : {}) });
    if (isVague && observation.proxy === 'envoy') this.#credits.add(key, count, observation.symptom);
  }

  #hears(proxy: ProxyKind, subject: Subject, source: FailureSource): boolean {
    if (source === 'access_log') return this.#options.isLogFollowed(proxy, subject);
    return this.#sources.sinceMs(gatewayOf(proxy, subject), source) !== undefined;
  }
}
