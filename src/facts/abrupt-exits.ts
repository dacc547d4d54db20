import type { Observation } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { AbruptExits } from '../contract/workloads.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import type { Termination } from './pod-terminations.ts';

const KEPT_MS = 86_400_000;
/** A termination is heard of soon after the failures, or before them. */
const WAIT_MS = 60_000;
const MOST_FAILURES = 2_000;
const MOST_WORKLOADS = 500;
const MOST_EXITS = 200;
/** Requests that were in flight. */
const BROKEN: ReadonlySet<Symptom> = new Set(['premature_close', 'reset', 'broken_pipe', 'truncated_response']);

interface Broken {
  readonly ip: string;
  readonly sinceMs: number;
  readonly atMs: number;
  readonly count: number;
}

interface Exit {
  readonly termination: Termination;
  failures: number;
}

/** Joins ends of containers right after the deletion of their pod with requests that broke off at that moment. */
export class AbruptExitMemory {
  readonly #clock: Clock;
  readonly #abruptAt: (ip: string, sinceMs: number, untilMs: number) => readonly Termination[];
  /** Of the last minute, in the order in which they were read. */
  #broken: Broken[] = [];
  /** By workload, the latest last. */
  readonly #exits = new Map<string, Exit[]>();
  /** Failures and workloads that were given up because there were too many. */
  dropped = 0;

  /** @param abruptAt ends that failures at the address within that time may be of */
  constructor(clock: Clock, abruptAt: (ip: string, sinceMs: number, untilMs: number) => readonly Termination[]) {
    this.#clock = clock;
    this.#abruptAt = abruptAt;
  }

  observe({ failure, symptom, peer, sinceMs, atMs, count }: Observation): void {
    if (!failure || peer === null || !BROKEN.has(symptom)) return;
    const ip = canonicalIp(peer.address);
    if (ip === null) return;
    this.#broken = this.#broken.filter((one) => Math.abs(this.#clock.now() - one.atMs) <= WAIT_MS);
    this.#broken.push({ ip, sinceMs, atMs, count });
    if (this.#broken.length > MOST_FAILURES) {
      this.#broken.shift();
      this.dropped++;
    }
    for (const termination of this.#abruptAt(ip, sinceMs, atMs)) this.#charge(termination, count);
  }

  /** To be called once it can be found by `abruptAt`. */
  ended(termination: Termination): void {
    if (!termination.isAbrupt) return;
    for (const { ip, sinceMs, atMs, count } of this.#broken)
      if (this.#abruptAt(ip, sinceMs, atMs).includes(termination)) this.#charge(termination, count);
  }

  /** Within a day, by container. `workload`: `namespace/name`. */
  of(workload: string): readonly AbruptExits[] {
    const nowMs = this.#clock.now();
    const exits = (this.#exits.get(workload) ?? []).filter(({ termination }) => nowMs - termination.endedMs <= KEPT_MS);
    const containers = new Set(exits.map(({ termination }) => termination.of.container));
    return [...containers].map((container) => {
      const mine = exits.filter(({ termination }) => termination.of.container === container);
      const { exitCode, pod: lastPod, endedMs: lastAtMs } = mine.at(-1)!.termination;
      const failures = mine.reduce((sum, one) => sum + one.failures, 0);
      return { container, exits: mine.length, failures, exitCode, lastPod, lastAtMs };
    });
  }

  #charge(termination: Termination, count: number): void {
    const key = `${termination.of.namespace}/${termination.of.workload}`;
    const exits = this.#exits.get(key) ?? [];
    const known = exits.find((one) => one.termination === termination);
    if (known !== undefined) known.failures += count;
    else exits.push({ termination, failures: count });
    this.#exits.delete(key);
    this.#exits.set(key, exits.slice(-MOST_EXITS));
    const [oldest] = this.#exits.size > MOST_WORKLOADS ? this.#exits.keys() : [];
    if (oldest === undefined) return;
    this.#exits.delete(oldest);
    this.dropped++;
  }
}
