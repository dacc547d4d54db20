import { PartSource } from './byte-source.ts';
import type { Generation } from './generation.ts';
import { type Head, identityOf, isSameInode } from './identity.ts';
import type { Position } from './position.ts';

/** Generations of one path kept in a checkpoint; more are not restored. */
const GENERATION_LIMIT = 64;

/** One generation as the checkpoint has it. */
export interface SavedGeneration {
  readonly identity: string;
  readonly position: Position;
  readonly sizeSeen: number;
  /** The path pointed to it. */
  readonly current: boolean;
  /** Only lines up to here are to be read. */
  readonly to?: number;
}

/** One followed path as the checkpoint has it. */
export interface SavedFile {
  /** The path with its links resolved. */
  readonly real: string;
  /** Oldest first. */
  readonly generations: readonly SavedGeneration[];
  readonly known: unknown;
  /** The JSON value itself. */
  readonly raw: unknown;
}

/** A tailer's part of the checkpoint. */
export interface SavedTail {
  /** When it was saved, to the minute before. */
  readonly savedMs: number;
  readonly files: ReadonlyMap<string, SavedFile>;
}

/** JSON value of one generation. */
export function saveGeneration(generation: Generation, current: Generation | undefined): unknown {
  const { offset, head, tail, skipping } = generation.position();
  const { facts, sizeSeen, source } = generation;
  const isCurrent = current !== undefined && isSameInode(facts, current.facts);
  const value = [
    identityOf(facts),
    head.length,
    head.hash,
    offset,
    tail,
    skipping ? 1 : 0,
    sizeSeen,
    isCurrent ? 1 : 0,
  ];
  return source instanceof PartSource ? [...value, source.to] : value;
}

/** Tolerates anything; undefined when it is not what was saved. Files that are not are left out. */
export function parseSavedTail(value: unknown): SavedTail | undefined {
  const { files, savedMs } = (value ?? {}) as Record<string, unknown>;
  if (typeof files !== 'object' || files === null || typeof savedMs !== 'number') return undefined;
  const parsed = Object.entries(files).flatMap(([path, one]) => {
    const file = parseSavedFile(one);
    return file ? [[path, file] as const] : [];
  });
  return { savedMs, files: new Map(parsed) };
}

/** Tolerates anything; undefined when it is not what was saved. */
export function parseSavedFile(value: unknown): SavedFile | undefined {
  const { real, generations, known } = (value ?? {}) as Record<string, unknown>;
  if (typeof real !== 'string' || !Array.isArray(generations)) return undefined;
  const parsed = generations.slice(-GENERATION_LIMIT).map(parseGeneration);
  if (parsed.some((one) => one === undefined)) return undefined;
  return { real, generations: parsed as SavedGeneration[], known, raw: value };
}

function parseGeneration(value: unknown): SavedGeneration | undefined {
  if (!Array.isArray(value)) return undefined;
  const [identity, length, hash, offset, tail, skipping, sizeSeen, current, to] = value as unknown[];
  if (typeof identity !== 'string' || typeof hash !== 'string' || typeof tail !== 'string') return undefined;
  if (!isCount(length) || !isCount(offset) || !isCount(sizeSeen)) return undefined;
  const head: Head = { length, hash };
  const position: Position = { offset, head, tail, skipping: skipping === 1 };
  if (to !== undefined && !isCount(to)) return undefined;
  return { identity, position, sizeSeen, current: current === 1, ...(to !== undefined && { to }) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
