import type { Verdict } from '../causes/verdict.ts';
import type { Observation } from '../contract/failure.ts';
import type { Cause } from '../contract/names.ts';

const KEPT = 50;
/** Equal verdicts this close together are one entry with a count. */
const MERGE_MS = 60_000;

export interface VerdictEntry {
  readonly cause: Cause;
  /** The last one, with the upstream that the verdict names. */
  readonly observation: Observation;
  /** Sentences. */
  readonly evidence: string;
  readonly count: number;
  /** When the last of `count` was read, milliseconds since the epoch. */
  readonly lastMs: number;
}

/** The last verdicts, newest first, bounded. */
export class VerdictLog {
  private readonly entries = new Map<string, VerdictEntry>();

  add(verdict: Verdict): void {
    const { cause, count, upstream } = verdict;
    const observation = { ...verdict.observation, upstream };
    const key = keyOf(cause, observation);
    const known = this.entries.get(key);
    const before = known !== undefined && observation.atMs - known.lastMs <= MERGE_MS ? known : undefined;
    const lastMs = Math.max(before?.lastMs ?? 0, observation.atMs);
    this.entries.delete(key);
    this.entries.set(key, {
      ...{ cause, observation, lastMs, count: (before?.count ?? 0) + count },
      evidence: verdict.evidence.join('; '),
    });
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

function keyOf(cause: Cause, { subject, proxy, symptom, peer, upstream }: Observation): string {
  return [...Object.values(subject), proxy, symptom, cause, upstream.upstream, peer?.address, peer?.port].join('\xff');
}
