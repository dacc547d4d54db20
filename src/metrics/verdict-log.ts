import type { JudgedFailure } from './failures.ts';

const KEPT = 50;
/** Equal verdicts this close together are one entry with a count. */
const MERGE_MS = 60_000;

export interface VerdictEntry extends JudgedFailure {
  readonly count: number;
  /** When the last of `count` was read, milliseconds since the epoch. */
  readonly lastMs: number;
}

/** The last verdicts, newest first, bounded. */
export class VerdictLog {
  private readonly entries = new Map<string, VerdictEntry>();

  add(failure: JudgedFailure): void {
    const { observation } = failure;
    const key = keyOf(failure);
    const known = this.entries.get(key);
    const merged = known !== undefined && observation.atMs - known.lastMs <= MERGE_MS ? known.count : 0;
    this.entries.delete(key);
    this.entries.set(key, { ...failure, count: merged + observation.count, lastMs: observation.atMs });
    if (this.entries.size <= KEPT) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      break;
    }
  }

  latest(): VerdictEntry[] {
    return [...this.entries.values()].reverse();
  }
}

function keyOf({ cause, observation }: JudgedFailure): string {
  const { subject, proxy, symptom, peer, upstream } = observation;
  return [...Object.values(subject), proxy, symptom, cause, upstream.upstream, peer?.address, peer?.port].join('\xff');
}
