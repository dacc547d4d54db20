import type { EvidenceSink, MemoryAtEnd } from '../contract/evidence.ts';
import { ProcessClock } from '../sources/process-clock.ts';
import type { Procfs } from '../sources/procfs.ts';
import type { CgroupValues } from './cgroups-read.ts';
import { type CgroupGroup, keyOf, MOST_CGROUPS, type WatchedCgroup } from './cgroups-watch.ts';

/** Of twice as many containers as are read. */
const MOST_LIMITS = 2 * MOST_CGROUPS;

/** Tells the evidence of kills for want of memory, each between the two looks that it was between. */
export class CgroupEnds {
  readonly #proc: Procfs;
  readonly #evidence: EvidenceSink;
  /** Memory limits of containers, those that were read longest ago first. */
  readonly #limits = new Map<string, number>();
  /** Null: before the first look. */
  #lookedMs: number | null = null;

  constructor(proc: Procfs, evidence: EvidenceSink) {
    this.#proc = proc;
    this.#evidence = evidence;
  }

  looked(nowMs: number): void {
    this.#lookedMs = nowMs;
  }

  /** In a container that is there. `isFirst`: it was not at the look before, so that its kills may be old. */
  ofMember(
    member: WatchedCgroup,
    { isFirst, nowMs, values }: { readonly isFirst: boolean; readonly nowMs: number; readonly values: CgroupValues },
  ): void {
    if (isFirst && this.#begunMs(member, nowMs) === null) return;
    const { single } = values;
    const memory = { limitBytes: single.get('limit') ?? null, peakBytes: single.get('peak') ?? null };
    this.#tell(member, { container: member.subject.container, memory, atMs: nowMs }, nowMs);
  }

  /**
   * In a container of the pod that is gone. `names`: of those that have gone since the look before. Its limit is that of the last look; the
   * peak of then is not that of the end.
   */
  ofGone({ members }: CgroupGroup, names: readonly string[], nowMs: number): void {
    const [member] = members;
    const container = names.length === 1 ? names[0] : '';
    const limitBytes = this.#limits.get(keyOf({ ...member.subject, container })) ?? null;
    // The only one now has come after the only one that went.
    const isNext = members.length === 1 && names.length === 1;
    const atMs = (isNext ? this.#begunMs(member, nowMs) : null) ?? nowMs;
    this.#tell(member, { container, memory: { limitBytes, peakBytes: null }, atMs }, nowMs);
  }

  /** A container was read: its limit is remembered for the time when it is gone. */
  read({ subject }: WatchedCgroup, { single }: CgroupValues): void {
    const limitBytes = single.get('limit');
    const key = keyOf(subject);
    this.#limits.delete(key);
    if (limitBytes === undefined) return;
    this.#limits.set(key, limitBytes);
    if (this.#limits.size <= MOST_LIMITS) return;
    const [oldest] = this.#limits.keys();
    this.#limits.delete(oldest);
  }

  /** When it began, milliseconds since the epoch; null: before the last look, or when is not known. */
  #begunMs({ process }: WatchedCgroup, nowMs: number): number | null {
    const startMs = new ProcessClock(this.#proc, () => nowMs).startMs(process.startTicks);
    return startMs !== null && this.#lookedMs !== null && startMs >= this.#lookedMs ? Math.min(startMs, nowMs) : null;
  }

  #tell(
    { process, subject }: WatchedCgroup,
    { container, memory, atMs }: { readonly container: string; readonly memory: MemoryAtEnd; readonly atMs: number },
    nowMs: number,
  ): void {
    const isNamed = subject.namespace !== '' && subject.pod !== '';
    this.#evidence.ended({
      podUid: process.podUid,
      pod: isNamed ? `${subject.namespace}/${subject.pod}` : '',
      container,
      ...{ isOomKill: true, reason: '', exitCode: null },
      // After the clock was set back only now is known.
      fromMs: Math.min(this.#lookedMs ?? nowMs, nowMs),
      atMs,
      ...(memory.limitBytes === null && memory.peakBytes === null ? {} : { memory }),
    });
  }
}
