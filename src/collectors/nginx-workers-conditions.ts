import { counted } from '../contract/counted.ts';
import type { MasterReading, WorkerReading } from './nginx-workers-master.ts';

/** A crash is over in a moment; so long it is told. */
export const CRASH_SHOWN_MS = 600_000;
/** Workers of one generation begin together, however busy the machine is. Reloads that are nearer are taken for one. */
const BETWEEN_GENERATIONS_MS = 1_000;

/** What was seen of one gateway's workers in the last ten minutes. */
export class CrashHistory {
  #crashes: { readonly count: number; readonly atMs: number }[] = [];
  #doubtsMs: number[] = [];

  add({ respawns, succession }: MasterReading, nowMs: number): void {
    if (respawns > 0) this.#crashes.push({ count: respawns, atMs: nowMs });
    if (succession === 'replaced') this.#doubtsMs.push(nowMs);
  }

  /** Null: workers were replaced unseen, which may have been a reload. */
  judge(nowMs: number): { readonly isActive: boolean | null; readonly evidence: string } {
    // When the clock was set back they count from now.
    this.#crashes = this.#crashes.map((crash) => ({ ...crash, atMs: Math.min(crash.atMs, nowMs) }));
    this.#doubtsMs = this.#doubtsMs.map((atMs) => Math.min(atMs, nowMs));
    this.#crashes = this.#crashes.filter(({ atMs }) => nowMs - atMs < CRASH_SHOWN_MS);
    this.#doubtsMs = this.#doubtsMs.filter((atMs) => nowMs - atMs < CRASH_SHOWN_MS);
    const count = this.#crashes.reduce((total, crash) => total + crash.count, 0);
    const isActive = count > 0 ? true : this.#doubtsMs.length > 0 ? null : false;
    return {
      isActive,
      evidence: `${counted(count, 'worker')} crashed and ${count === 1 ? 'was' : 'were'} started again in 10 minutes`,
    };
  }
}

/**
 * From how many generations there are workers that shut down. Those that were started again after a crash are younger than their
 * generation, so they only count when there are no others.
 */
export function drainingGenerations(workers: readonly WorkerReading[]): number {
  const draining = workers.filter(({ isDraining }) => isDraining);
  const original = draining.filter(({ isRespawned }) => !isRespawned);
  const starts = original.flatMap(({ startMs }) => startMs ?? []).sort((one, other) => one - other);
  if (starts.length === 0) return draining.length > 0 ? 1 : 0;
  return 1 + starts.filter((start, at) => at > 0 && start - starts[at - 1] > BETWEEN_GENERATIONS_MS).length;
}
