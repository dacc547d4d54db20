import type { Generation } from './nginx-config-generation.ts';
import type { Verdict } from './nginx-config-loaded.ts';

/** How long reloads of one master took, as far as what is written and the age of workers say it. */
export class LoadTimes {
  /** What ran before the next reload. */
  #before: Generation | null = null;

  /**
   * Milliseconds from the last write until the workers began that have loaded it; null when none have now, or when it was
   * written before their predecessors.
   *
   * @param changedMs of the disk
   */
  look(
    { reload, isLoaded }: Pick<Verdict, 'reload' | 'isLoaded'>,
    generation: Generation | null,
    changedMs: number | null,
  ): number | null {
    const before = this.#before;
    if (before === null || generation === null || reload !== null) this.#before = generation;
    if (before === null || generation === null || changedMs === null) return null;
    if (reload === null || isLoaded !== true) return null;
    const isBetween = changedMs > before.startMs && changedMs <= generation.startMs;
    return isBetween ? generation.startMs - changedMs : null;
  }
}
