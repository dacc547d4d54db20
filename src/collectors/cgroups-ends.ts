import type { EvidenceSink } from '../contract/evidence.ts';
import { ProcessClock } from '../sources/process-clock.ts';
import type { Procfs } from '../sources/procfs.ts';
import type { WatchedCgroup } from './cgroups-watch.ts';

/** Tells the evidence of kills for want of memory, each between the two looks that it was between. */
export class CgroupEnds {
  readonly #proc: Procfs;
  readonly #evidence: EvidenceSink;
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
  ofMember(member: WatchedCgroup, { isFirst, nowMs }: { readonly isFirst: boolean; readonly nowMs: number }): void {
    if (isFirst && !this.#isNew(member, nowMs)) return;
    this.#tell(member, member.subject.container, nowMs);
  }

  /** In a container of this one's pod that is gone. `names`: of those that have gone since the look before. */
  ofGone(member: WatchedCgroup, names: readonly string[], nowMs: number): void {
    this.#tell(member, names.length === 1 ? names[0] : '', nowMs);
  }

  #isNew({ process }: WatchedCgroup, nowMs: number): boolean {
    const startMs = new ProcessClock(this.#proc, nowMs).startMs(process.startTicks);
    return startMs !== null && this.#lookedMs !== null && startMs >= this.#lookedMs;
  }

  #tell({ process, subject }: WatchedCgroup, container: string, nowMs: number): void {
    const isNamed = subject.namespace !== '' && subject.pod !== '';
    this.#evidence.ended({
      podUid: process.podUid,
      pod: isNamed ? `${subject.namespace}/${subject.pod}` : '',
      container,
      ...{ isOomKill: true, reason: '', exitCode: null },
      // After the clock was set back only now is known.
      fromMs: Math.min(this.#lookedMs ?? nowMs, nowMs),
      atMs: nowMs,
    });
  }
}
