import type { ReloadKind } from './nginx-config-content.ts';

const MINUTE_MS = 60_000;

/** Reloads that changed nothing but order, so many in so long: a controller that writes its map in random order. */
export const NOOP_RELOADS = { count: 3, withinMs: 10 * MINUTE_MS };
/**
 * Each reload leaves a generation of workers behind that goes on with its long connections. A rollout does two for each pod, so that two
 * Deployments of five pods make 20 within a few minutes: one every ten seconds for five minutes is more than that.
 */
export const RELOAD_STORM = { count: 30, withinMs: 5 * MINUTE_MS };

/** The reloads of one gateway that the two conditions look at. */
export class ReloadHistory {
  #all: number[] = [];
  #noops: number[] = [];

  add(kind: ReloadKind, nowMs: number): void {
    this.#all.push(nowMs);
    if (kind === 'reordered') this.#noops.push(nowMs);
  }

  /** Reloads in the time of the storm, and those without an effect in theirs. */
  recent(nowMs: number): { readonly all: number; readonly noops: number } {
    this.#all = this.#all.filter((atMs) => nowMs - atMs < RELOAD_STORM.withinMs);
    this.#noops = this.#noops.filter((atMs) => nowMs - atMs < NOOP_RELOADS.withinMs);
    return { all: this.#all.length, noops: this.#noops.length };
  }
}
