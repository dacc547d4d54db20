import type { Observation } from '../contract/failure.ts';

/** No reading of Envoy's statistics takes longer. */
const KEPT_MS = 60_000;
const MOST = 10_000;

interface FirstLine {
  readonly gateway: string;
  readonly readMs: number;
  readonly observation: Observation;
}

/**
 * Lines of Envoy's log that were read before its statistics had been, or while they were read for the first time: these tell of what happened after they were
 * asked for, once more. Bounded; the oldest are forgotten first.
 */
export class FirstLines {
  #lines: FirstLine[] = [];

  add(gateway: string, observation: Observation, readMs: number): void {
    if (this.#lines.length >= MOST || (this.#lines[0]?.readMs ?? readMs) < readMs - 2 * KEPT_MS)
      this.#lines = this.#lines.filter((line) => line.readMs >= readMs - KEPT_MS).slice(1 - MOST);
    this.#lines.push({ gateway, readMs, observation });
  }

  /** Those that happened since then; none of the gateway is kept. */
  take(gateway: string, sinceMs: number): readonly Observation[] {
    const its = this.#lines.filter((line) => line.gateway === gateway);
    this.#lines = this.#lines.filter((line) => line.gateway !== gateway);
    return its.map(({ observation }) => observation).filter(({ atMs }) => atMs >= sinceMs);
  }
}
