import type { Observation } from '../contract/failure.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Persistent } from '../contract/unit.ts';
import { type Decision, Judge } from './engine-judge.ts';
import { type CauseEngineOptions, TICK_MS } from './engine-options.ts';
import type { PendingFailures } from './engine-pending.ts';
import { isStorm, WaitingRoom } from './engine-room.ts';
import { Verdicts } from './engine-verdicts.ts';

const WAIT_MS = 5_000;
const PENDING_LIMIT = 10_000;
const LOOK_MS = 10;
/** Between two looks at the time it takes. */
const ASKED_AT_ONCE = 16;

/**
 * Gives every failure its cause, once. What is not known yet is waited for, never longer than 5 s after it was observed. The counts of
 * the verdicts on an observation are together its count.
 */
export class CauseEngine implements Persistent {
  readonly #options: CauseEngineOptions;
  readonly #judge: Judge;
  readonly #room: WaitingRoom;
  readonly #verdicts: Verdicts;
  readonly #mono: () => number;
  readonly #waitMs: number;
  readonly #lookMs: number;
  #hasAnnounced = false;
  /** Nothing is waited for any more. */
  #isFinal = false;

  constructor(options: CauseEngineOptions) {
    this.#options = options;
    this.#judge = new Judge(options);
    this.#verdicts = new Verdicts(options);
    this.#mono = options.monotonic ?? (() => performance.now());
    this.#waitMs = options.limits?.waitMs ?? WAIT_MS;
    this.#lookMs = options.limits?.lookMs ?? LOOK_MS;
    this.#room = new WaitingRoom(options.limits?.pending ?? PENDING_LIMIT, (oldest) => this.#hurry(oldest));
  }

  /** Failures without a verdict yet. */
  get pending(): number {
    return this.#room.failures.count + this.#room.storms.count;
  }

  /**
   * Whether failures of this gateway that may have happened before the moment wait for their verdict; storms do not count. None does for
   * what is decided at the end of its wait: it is charged to what is known by then.
   */
  hasPending(proxy: ProxyKind, subject: Subject, beforeMs = Number.POSITIVE_INFINITY): boolean {
    return !this.#isFinal && this.#room.failures.has(proxy, subject, beforeMs);
  }

  /** Says the verdict at once when it can be said. Of a storm not before the next tick: what it is charged to may follow. */
  observe(observation: Observation): void {
    if (!observation.failure || !(observation.count > 0)) return;
    // The rules were asked about an equal one, and will be again.
    if (this.#room.join(observation)) return;
    const decision = isStorm(observation) ? 'wait' : this.#decide(observation, false);
    if (decision !== 'wait') {
      this.#verdicts.say(observation, decision);
      return;
    }
    this.#room.hold(observation, this.#mono());
    if (isStorm(observation) || this.#hasAnnounced) return;
    this.#hasAnnounced = true;
    this.#options.onWait();
  }

  /** It may have to be judged later: what the rules would ask about it is looked for now. */
  lookAhead(observation: Observation): void {
    if (!observation.failure || this.#decide(observation, false) !== 'wait' || this.#hasAnnounced) return;
    this.#hasAnnounced = true;
    this.#options.onWait();
  }

  /**
   * Decides what can be decided by now, and what has waited long enough. Costs nothing while nobody waits. True: there is more of the latter, so
   * call it again as soon as others had their turn.
   */
  tick(nowMs: number): boolean {
    this.#hasAnnounced = false;
    if (this.#room.isEmpty) return false;
    const untilMs = performance.now() + this.#lookMs;
    // Half of the time for each: storms are not decided late for all that waits besides.
    const isMoreOfFailures = this.#look(this.#room.failures, nowMs, untilMs - this.#lookMs / 2);
    const isMoreOfStorms = this.#look(this.#room.storms, nowMs, untilMs);
    if (!this.#room.isEmpty) this.#options.onWait();
    return isMoreOfFailures || isMoreOfStorms;
  }

  /** Decides all with what is known now: the end. */
  settle(): void {
    for (const pending of [this.#room.failures, this.#room.storms]) {
      for (const entry of pending) {
        pending.delete(entry);
        this.#sayNow(entry.observation);
      }
    }
  }

  /**
   * Not urgent: the symptom of what waits is counted at the same moment, and that hurries the checkpoint where the failure could not
   * be read again.
   */
  save(): unknown {
    // Whoever reads it may have to decide before anything is known to them.
    return this.#room.save((observation) => ({ ...observation, upstream: this.#options.facts.upstream(observation) }));
  }

  /** They go on waiting until 5 s after they were observed; the next tick decides those of which these have passed. */
  restore(saved: unknown): void {
    this.#room.restore(saved, this.#mono());
  }

  /** The oldest first. True: the time (`performance.now()`) is over, and there are more that have waited long enough. */
  #look(pending: PendingFailures, nowMs: number, untilMs: number): boolean {
    const mono = this.#mono();
    let asked = 0;
    for (const entry of pending) {
      const waitedMono = mono - entry.sinceMono;
      // The last tick within the time decides. A clock that was set back makes nobody wait longer.
      const isDue = Math.max(waitedMono, nowMs - entry.readMs) > this.#waitMs - TICK_MS;
      if (!isDue && mono < entry.againMono) continue;
      if (++asked % ASKED_AT_ONCE === 0 && performance.now() > untilMs) return isDue;
      const decision = this.#decide(entry.observation, isDue);
      entry.againMono = mono + waitedMono / 4;
      if (decision === 'wait') continue;
      pending.delete(entry);
      this.#verdicts.say(entry.observation, decision);
    }
    return false;
  }

  #decide(observation: Observation, isFinal: boolean): Decision | 'wait' {
    this.#isFinal = isFinal;
    const decision = this.#judge.decide(observation, isFinal);
    this.#isFinal = false;
    return decision;
  }

  #hurry(oldest: Observation): void {
    const decision = this.#decide(oldest, false);
    if (decision === 'wait') {
      this.#options.onHurried();
      this.#sayNow(oldest);
    } else this.#verdicts.say(oldest, decision);
  }

  #sayNow(observation: Observation): void {
    const decision = this.#decide(observation, true);
    if (decision !== 'wait') this.#verdicts.say(observation, decision);
  }
}
