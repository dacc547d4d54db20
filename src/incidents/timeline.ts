import type { TimelineEntry } from './incident.ts';

const MOST = 100;
/** How it began is kept when the middle is left out. */
const FIRST = 20;
/** Equal entries this close together are one. */
const MERGE_MS = 300_000;
/** They take turns: merged, the story would be told in the wrong order. */
const ALTERNATING: ReadonlySet<TimelineEntry['kind']> = new Set(['failures', 'quiet', 'condition']);

interface Entry {
  readonly kind: TimelineEntry['kind'];
  readonly text: string;
  readonly atMs: number;
  lastMs: number;
  count: number;
}

/** What happened in the order of time; equal entries are counted, the middle of a long story is left out and said to be. */
export class Timeline {
  #entries: Entry[] = [];
  #leftOut = 0;

  add({ kind, text, atMs }: TimelineEntry): void {
    const equal = this.#entries.findLast((entry) => entry.kind === kind && entry.text === text);
    if (equal?.lastMs === atMs || equal?.atMs === atMs) return;
    if (equal !== undefined && atMs - equal.lastMs <= MERGE_MS && !ALTERNATING.has(kind)) {
      equal.count++;
      equal.lastMs = Math.max(equal.lastMs, atMs);
      return;
    }
    const before = this.#entries.findLastIndex((entry) => entry.atMs <= atMs);
    this.#entries.splice(before + 1, 0, { kind, text, atMs, lastMs: atMs, count: 1 });
    if (this.#entries.length <= MOST) return;
    this.#entries.splice(FIRST, 1);
    this.#leftOut++;
  }

  has(...kinds: readonly TimelineEntry['kind'][]): boolean {
    return this.#entries.some(({ kind }) => kinds.includes(kind));
  }

  absorb(other: Timeline): void {
    for (const entry of other.entries()) this.add(entry);
  }

  /** The oldest first. */
  entries(): TimelineEntry[] {
    return this.#entries.map((entry, index) => ({
      atMs: entry.atMs,
      kind: entry.kind,
      text:
        textOf(entry) +
        (index === FIRST && this.#leftOut > 0 ? ` (${this.#leftOut} entries before it are left out)` : ''),
    }));
  }
}

function textOf({ text, count, lastMs }: Entry): string {
  return count === 1 ? text : `${text} (${count} times, last at ${new Date(lastMs).toISOString().slice(11, 19)})`;
}
