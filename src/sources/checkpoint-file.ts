import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from './unwritable.ts';

export const FILE_NAME = 'state.json';
export const VERSION = 1;
/** A bigger file is not written and not read. */
export const SIZE_LIMIT = 64 * 1024 * 1024;
const CORRUPT_KEPT = 3;

export function openTemporary(directory: string, suffix: string): number {
  const path = join(directory, FILE_NAME + suffix);
  try {
    return openSync(path, 'w', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeDirectory(directory, 0o700);
    return openSync(path, 'w', 0o600);
  }
}

export function writeTemporary(directory: string, text: string): void {
  const fd = openTemporary(directory, '.now');
  try {
    // writeSync may write a part and say so only in its result, as on a full disk.
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface Read {
  readonly parts: Record<string, unknown>;
  readonly found: boolean;
  /** Why what is there cannot be used. */
  readonly problem?: string;
}

export function readParts(directory: string): Read {
  const path = join(directory, FILE_NAME);
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return { parts: {}, found: false };
    if (size > SIZE_LIMIT) return { parts: {}, found: true, problem: `${size} bytes is too big` };
    const { version, parts } = (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>;
    if (version !== VERSION) return { parts: {}, found: true, problem: 'another version wrote it' };
    if (typeof parts !== 'object' || parts === null) return { parts: {}, found: true, problem: 'it has no parts' };
    return { parts: parts as Record<string, unknown>, found: true };
  } catch (error) {
    return { parts: {}, found: true, problem: (error as Error).message.slice(0, 200) };
  }
}

/** Keeps the last few unusable files for whoever wants to know. */
export function setAside(directory: string): void {
  try {
    const numbers = readdirSync(directory).flatMap((name) => /^state\.json\.corrupt-(\d+)$/.exec(name)?.[1] ?? []);
    const sorted = numbers.map(Number).sort((a, b) => a - b);
    renameSync(join(directory, FILE_NAME), join(directory, `${FILE_NAME}.corrupt-${(sorted.at(-1) ?? 0) + 1}`));
    for (const old of sorted.slice(0, Math.max(0, sorted.length + 1 - CORRUPT_KEPT))) {
      rmSync(join(directory, `${FILE_NAME}.corrupt-${old}`), { force: true });
    }
  } catch {
    // Read-only: it stays where it is and is replaced when the directory becomes writable.
  }
}
