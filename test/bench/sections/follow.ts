import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from '../corpus/generate.ts';
import { type Follower, startMtail, startOurs, startProbing } from '../exporter.ts';

/** Following a growing file, ours and mtail one after the other under the same load. */

const SETTLE_MS = 2000;
export const POLL_MS = 20;
export const LONGEST_WAIT_MS = 120_000;

export interface Program {
  readonly start: (file: string) => Promise<Follower>;
  /** What its count must reach after the whole corpus: lines, or lines that say something. */
  readonly expected: (counts: { lines: number; matches: number }) => number;
}

/** Ours first, then the peer. */
export const PROGRAMS: readonly Program[] = [
  { start: startOurs, expected: ({ lines }) => lines },
  { start: startMtail, expected: ({ matches }) => matches },
];

/** Starts the program on a new empty file, runs, and stops it whatever happens. */
export async function following<T>(
  program: Program,
  run: (follower: Follower, file: string) => Promise<T>,
): Promise<T> {
  const file = join(benchDirectory(), `follow-${process.pid}.log`);
  writeFileSync(file, '');
  try {
    const follower = await program.start(file);
    try {
      await wait(SETTLE_MS);
      return await run(follower, file);
    } finally {
      await follower.stop();
    }
  } finally {
    rmSync(file, { force: true });
  }
}

/** Ours with every collector that a host has something for. */
export const PROBING: Program = { start: startProbing, expected: ({ lines }) => lines };

/** Every program in turn. */
export async function measureAll<T>(
  measure: (program: Program) => Promise<T>,
  programs: readonly Program[] = PROGRAMS,
): Promise<T[]> {
  const results: T[] = [];
  for (const program of programs) results.push(await measure(program));
  return results;
}
