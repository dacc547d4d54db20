import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Glob } from '../glob.ts';
import { type FileFacts, factsOf } from './identity.ts';
import { isArchiveName } from './siblings.ts';

/** A path that could be followed. */
export interface Candidate {
  readonly path: string;
  /** Undefined when nothing is there now: only for plain paths. */
  readonly found: Found | undefined;
}

export interface Found {
  readonly facts: FileFacts;
  /** The path with its links resolved. */
  readonly real: string;
}

/** The paths that the configured patterns stand for now. */
export class Candidates {
  readonly #globs: readonly Glob[];

  /** @throws when a pattern is not one. */
  constructor(patterns: readonly string[]) {
    this.#globs = patterns.map((pattern) => new Glob(pattern));
  }

  /** Those not in `followed`, at most `limit` per pattern. */
  scan(followed: { has(path: string): boolean }, limit: number): Candidate[] {
    return this.#globs.flatMap((glob) =>
      glob
        .scan(limit)
        .filter((path) => !followed.has(path) && !(glob.magic && isArchiveName(basename(path))))
        .map((path) => ({ path, found: look(path) }))
        .filter(({ found }) => found || !glob.magic),
    );
  }

  matches(path: string): boolean {
    return this.#globs.some((glob) => glob.matches(path));
  }

  /** Written out in the configuration: stays, there or not. */
  isPlain(path: string): boolean {
    return this.#globs.some((glob) => !glob.magic && glob.matches(path));
  }
}

/** Undefined when there is nothing, or nothing that may be looked at: then it is tried again at the next scan. */
function look(path: string): Found | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stats || stats.isDirectory()) return undefined;
    return { facts: factsOf(stats), real: realpathSync(path) };
  } catch {
    return undefined;
  }
}
