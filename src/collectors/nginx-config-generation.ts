import type { MasterProcess } from '../sources/nginx-workers.ts';
import type { ProcessClock } from '../sources/process-clock.ts';

/**
 * `first`: there when watching began. `reload`: its workers began together, or beside their predecessors, which were sent
 * away. `replaced`: a lone worker took the place of a lone worker; after a crash it looks the same as after a reload.
 */
export type GenerationOrigin = 'first' | 'reload' | 'replaced';

/** Workers that run one loaded configuration. */
export interface Generation {
  /** Counts up from 1. */
  readonly id: number;
  /** When the oldest of its workers began, on the clock that stamps files; milliseconds since the epoch. */
  readonly startMs: number;
  readonly masterStartMs: number;
  readonly origin: GenerationOrigin;
  /** False when its oldest worker may have been started again after a crash, later than the configuration was loaded. */
  readonly isStartKnown: boolean;
}

/**
 * Workers of one generation are forked without a wait; between two generations nginx sleeps for 100 ms before it tells the
 * old one to go (ngx_master_process_cycle, src/os/unix/ngx_process_cycle.c), less 10 ms for the clock ticks of both.
 */
const TOGETHER_MS = 90;
/** Workers of one generation begin less apart than this, unless their master is short of CPU: twice the unit of start times. */
const APART_MS = 20;
/** A worker that is so much older than this and not sent away stays: what began beside it is no next generation. */
const SETTLED_MS = 1_000;

interface Worker {
  readonly key: string;
  readonly startMs: number;
}

/**
 * Tells a reload from a worker that crashed and was started again: the latter begins alone and runs the configuration that
 * the master had loaded, however old it is. Watches one master.
 */
export class WorkerGenerations {
  readonly #starts = new Map<string, number>();
  /** Workers of the current generation that have not been started again, as far as is known, with their start. */
  #members = new Map<string, number>();
  /** When the youngest of those that began one after the other began. */
  #lastStartMs = 0;
  /** Started again after a crash: beside older workers that stay. */
  readonly #respawned = new Set<string>();
  /** More workers than the generation has: a reload is on its way. */
  readonly #newborn = new Set<string>();
  /** Was there beside a young generation and has stayed: begun late, started again, or the next one beside who is slow to hear of it. */
  readonly #late = new Set<string>();
  #size = 0;
  /** Its workers have been there for long enough to know how many it has. */
  #isSettled = false;
  /** The older members were gone at the last look, and nobody in their place. */
  #isReduced = false;
  #current: Generation | null = null;
  #respawns = 0;

  /** Workers seen to be started again after a crash; those that were when watching began do not count. */
  get respawns(): number {
    return this.#respawns;
  }

  /** Whether a worker that takes connections is known to have been started again: a younger member of an older generation. */
  isRespawned({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): boolean {
    return this.#respawned.has(`${pid}:${startTicks}`);
  }

  /** The generation that decides now: the oldest with a worker that takes connections. Null before any is seen. */
  observe(
    master: Pick<MasterProcess, 'startTicks' | 'workers'>,
    clock: ProcessClock,
    nowMs: number,
  ): Generation | null {
    const masterStartMs = clock.startMs(master.startTicks);
    const draining = new Set<string>();
    const alive: Worker[] = [];
    for (const { pid, startTicks, isDraining } of master.workers) {
      const key = `${pid}:${startTicks}`;
      const startMs = this.#starts.get(key) ?? clock.startMs(startTicks);
      if (startMs === null) return this.#current;
      this.#starts.set(key, startMs);
      if (isDraining) draining.add(key);
      else alive.push({ key, startMs });
    }
    this.#forget(new Set([...draining, ...alive.map(({ key }) => key)]));
    if (alive.length === 0 || masterStartMs === null) return this.#current;
    if (this.#current === null) this.#begin('first', alive, { masterStartMs, nowMs });
    else if (this.#isReloadedAtOnce(alive, draining)) this.#begin('reload', alive, { masterStartMs, nowMs });
    else if (this.#hasMember(alive) || this.#isBeingSentAway(alive)) this.#judgeNewcomers(alive, draining, nowMs);
    else this.#succeed(alive, draining, nowMs);
    return this.#current;
  }

  #forget(seen: ReadonlySet<string>): void {
    for (const key of this.#starts.keys()) if (!seen.has(key)) this.#starts.delete(key);
    for (const set of [this.#respawned, this.#newborn, this.#late]) {
      for (const key of set) if (!seen.has(key)) set.delete(key);
    }
  }

  #begin(origin: GenerationOrigin, alive: readonly Worker[], at: { masterStartMs: number; nowMs: number }): void {
    const { masterStartMs, nowMs } = at;
    const members = oneAfterAnother(alive);
    const startMs = members[0].startMs;
    const isMore = alive.length > this.#size;
    this.#members = startsOf(members);
    [this.#isReduced, this.#isSettled] = [false, false];
    this.#lastStartMs = members.at(-1)!.startMs;
    const isMember = ({ key }: Worker) => this.#members.has(key);
    this.#size = alive.filter((worker) => isMember(worker) || nowMs - worker.startMs > SETTLED_MS).length;
    this.#respawned.clear();
    this.#newborn.clear();
    this.#late.clear();
    const isInitial = startMs - masterStartMs <= SETTLED_MS;
    const isStartKnown = origin === 'reload' || (origin === 'first' && (isInitial || members.length > 1));
    const id = (this.#current?.id ?? 0) + 1;
    this.#current = { id, startMs, masterStartMs, origin, isStartKnown };
    const before = this.#respawns;
    this.#judgeNewcomers(alive, new Set(), nowMs);
    // A master that is short of CPU may have taken its time between two of them.
    this.#respawns = before;
    // No more than there were: one of those that were reloaded may have crashed since.
    if (origin === 'replaced' && !isMore) this.#doubtNewborn();
  }

  /**
   * Whether what was taken for late siblings is the next generation: a reload so soon after the start. The older ones are gone then,
   * and stay so, while those that crashed are started again at once; so two looks decide. Who drains did not crash, however close they began.
   */
  #isReloadedAtOnce(alive: readonly Worker[], draining: ReadonlySet<string>): boolean {
    const left = new Set(alive.map(({ key }) => key));
    const gone = [...this.#members].filter(([key]) => !left.has(key)).map(([, startMs]) => startMs);
    const apartMs = this.#isSentAway(draining) ? 0 : APART_MS;
    const isYounger = ({ key, startMs }: Worker) => this.#members.has(key) && startMs - Math.max(...gone) > apartMs;
    const wasReduced = this.#isReduced;
    this.#isReduced = gone.length > 0 && alive.every(isYounger);
    return wasReduced && this.#isReduced;
  }

  #hasMember(alive: readonly Worker[]): boolean {
    return alive.some(({ key }) => this.#members.has(key));
  }

  /** The next generation is there, and of the current one only those are left that were started again. */
  #isBeingSentAway(alive: readonly Worker[]): boolean {
    const isNext = alive.length > this.#size || alive.some(({ key }) => this.#newborn.has(key));
    return isNext && alive.some(({ key }) => this.#respawned.has(key));
  }

  /** Those that shut down are told to at once, so that one of them is enough. */
  #isSentAway(draining: ReadonlySet<string>): boolean {
    return [...this.#members.keys(), ...this.#respawned].some((key) => draining.has(key));
  }

  /** A second after its youngest began all of a generation are there; a reload would have sent some away by then. */
  #settle(alive: readonly Worker[], nowMs: number): void {
    if (this.#isSettled || !alive.every(({ startMs }) => nowMs - startMs > SETTLED_MS)) return;
    const isWhole = alive.filter(({ key }) => this.#members.has(key)).length === this.#members.size;
    if (!isWhole) return;
    this.#isSettled = true;
    this.#size = alive.length;
    this.#doubtNewborn();
  }

  #doubtNewborn(): void {
    for (const key of this.#newborn) this.#late.add(key);
    this.#newborn.clear();
  }

  /** Beside workers of the current generation: late siblings, the next generation, or started again. */
  #judgeNewcomers(alive: readonly Worker[], draining: ReadonlySet<string>, nowMs: number): void {
    const isSentAway = this.#isSentAway(draining);
    if (!isSentAway && this.#hasMember(alive)) this.#settle(alive, nowMs);
    for (const { key, startMs } of alive.toSorted(byStart)) {
      if ([this.#members, this.#respawned, this.#newborn, this.#late].some((known) => known.has(key))) continue;
      if (startMs - this.#lastStartMs <= TOGETHER_MS) {
        this.#members.set(key, startMs);
        this.#lastStartMs = Math.max(startMs, this.#lastStartMs);
      } else if (isSentAway || alive.length > this.#size) this.#newborn.add(key);
      else if (nowMs - startMs > SETTLED_MS) {
        this.#respawned.add(key);
        this.#respawns++;
      }
    }
    this.#size = Math.max(this.#size, this.#members.size);
  }

  /** None of the current generation is left that takes connections. */
  #succeed(alive: readonly Worker[], draining: ReadonlySet<string>, nowMs: number): void {
    const isSentAway = this.#isSentAway(draining);
    if (!isSentAway && alive.some(({ key }) => this.#respawned.has(key))) {
      // A reload would have sent it away with the others: all were started again, one after the other.
      this.#members = startsOf(alive);
      this.#respawns += alive.filter(({ key }) => !this.#respawned.has(key)).length;
      return;
    }
    const isReload = isSentAway || alive.some(({ key }) => this.#newborn.has(key)) || beganTogether(alive);
    const { masterStartMs } = this.#current!;
    this.#begin(isReload ? 'reload' : 'replaced', alive, { masterStartMs, nowMs });
  }
}

function startsOf(workers: readonly Worker[]): Map<string, number> {
  return new Map(workers.map(({ key, startMs }) => [key, startMs]));
}

/** Whether the oldest of several did not begin alone. */
function beganTogether(workers: readonly Worker[]): boolean {
  return oneAfterAnother(workers).length > 1;
}

/** The oldest and those that began so soon after one another: many workers of a large nginx take longer than two of them. */
function oneAfterAnother(workers: readonly Worker[]): Worker[] {
  const sorted = workers.toSorted(byStart);
  const end = sorted.findIndex(({ startMs }, at) => at > 0 && startMs - sorted[at - 1].startMs > TOGETHER_MS);
  return end === -1 ? sorted : sorted.slice(0, end);
}

function byStart(one: Worker, other: Worker): number {
  return one.startMs - other.startMs;
}
