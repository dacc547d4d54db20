import { closeSync, fstatSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { openPlain } from './byte-source.ts';
import { readGzipStart } from './gzip-source.ts';
import { type FileFacts, factsOf, HEAD_BYTES } from './identity.ts';

/** Newest siblings looked at in one scan. */
const SIBLING_LIMIT = 64;

/** `.1`, `-20261121`, `.20261121-082034`, `.old`, each possibly compressed. */
const ROTATION_SUFFIX = /^(?:[._-](?:\d[\dTZ:+._-]*|old|bak))?(?:\.gz)?$/;
/** The same at the end of any name, and compressed or half-compressed files of any kind. */
const ARCHIVE_NAME = /(?:[._-](?:\d{1,3}|\d{8}|\d{8}[T-]\d{4,6}|\d{4}-\d\d-\d\d|old|bak)|\.(?:gz|xz|bz2|zst|tmp))$/;

/** Names that a pattern must not bring in as files of their own: they are the past of another file. */
export function isArchiveName(name: string): boolean {
  return ARCHIVE_NAME.test(name);
}

/** The part of `name` that rotation added to `base`: `error.log.1` and `error-20261121.log` of `error.log`; else undefined. */
export function rotationSuffix(base: string, name: string): string | undefined {
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  const plain = name.endsWith('.gz') ? name.slice(0, -3) : name;
  const inner = plain.slice(stem.length, plain.length - extension.length);
  if (name === base) return undefined;
  if (name.startsWith(base) && ROTATION_SUFFIX.test(name.slice(base.length))) return name.slice(base.length);
  const isDatedStem = extension !== '' && plain.startsWith(stem) && plain.endsWith(extension);
  return isDatedStem && inner !== '' && ROTATION_SUFFIX.test(inner) ? inner : undefined;
}

/** An open file beside a followed one. Its opener closes `fd` or hands it on. */
export interface Sibling {
  readonly name: string;
  readonly fd: number;
  readonly gzip: boolean;
  /** Named as rotation names files; others are only accepted as copies of a known file. */
  readonly rotated: boolean;
  readonly facts: FileFacts;
  /** Its first (unpacked) bytes, ≤ HEAD_BYTES, never empty. */
  readonly start: Buffer;
}

/** Names move while one looks: after this many attempts the last look has to do. */
const ATTEMPTS = 20;

/**
 * Opens the newest siblings of the file `real`, calls `use` with all of them, plain ones first, oldest first, and closes
 * those that `use` did not return. Missing directory: none.
 */
export function withSiblings(real: string, use: (siblings: readonly Sibling[]) => ReadonlySet<Sibling>): void {
  const base = basename(real);
  let opened = openAll(real);
  for (let attempt = 1; attempt < ATTEMPTS && !isUnmoved(real, opened); attempt += 1) {
    for (const { fd } of opened.siblings) closeSync(fd);
    opened = openAll(real);
  }
  const siblings = opened.siblings.sort((a, b) => Number(a.gzip) - Number(b.gzip) || olderFirst(base, a, b));
  const kept = use(siblings);
  for (const sibling of siblings) if (!kept.has(sibling)) closeSync(sibling.fd);
}

interface Opened {
  readonly names: readonly string[];
  readonly siblings: Sibling[];
}

function openAll(real: string): Opened {
  const base = basename(real);
  const names = namesBeside(dirname(real), base);
  const siblings = names.flatMap((name) => openSibling(dirname(real), base, name) ?? []);
  return { names, siblings };
}

/**
 * In a chain of renames (.2 to .3, .1 to .2) a file can slip past between listing and opening. Time stamps of directories
 * are too coarse to tell: the names must still be the same, and mean the same files.
 */
function isUnmoved(real: string, { names, siblings }: Opened): boolean {
  if (namesBeside(dirname(real), basename(real)).join('\0') !== names.join('\0')) return false;
  return siblings.every(({ name, facts }) => {
    const stats = statSync(join(dirname(real), name), { bigint: true, throwIfNoEntry: false });
    return stats?.ino === facts.ino && stats.dev === facts.dev;
  });
}

export function hasDirectory(real: string): boolean {
  return statSync(dirname(real), { throwIfNoEntry: false }) !== undefined;
}

function namesBeside(directory: string, base: string): string[] {
  const stem = base.slice(0, base.length - extname(base).length);
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => name !== base && name.startsWith(stem) && !name.endsWith('.tmp'));
  } catch {
    return [];
  }
  if (names.length <= SIBLING_LIMIT) return names;
  const aged = names.map((name) => ({
    name,
    mtimeMs: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  aged.sort((a, b) => b.mtimeMs - a.mtimeMs);
  return aged.slice(0, SIBLING_LIMIT).map(({ name }) => name);
}

function openSibling(directory: string, base: string, name: string): Sibling | undefined {
  let fd: number;
  try {
    fd = openPlain(join(directory, name));
  } catch {
    return undefined;
  }
  const stats = fstatSync(fd, { bigint: true });
  const gzip = name.endsWith('.gz');
  const start = stats.isFile() ? (gzip ? readGzipStart(fd) : readPlainStart(fd)) : Buffer.alloc(0);
  if (start.length > 0) {
    return { name, fd, gzip, rotated: rotationSuffix(base, name) !== undefined, facts: factsOf(stats), start };
  }
  closeSync(fd);
  return undefined;
}

function readPlainStart(fd: number): Buffer {
  const start = Buffer.alloc(HEAD_BYTES);
  return start.subarray(0, readSync(fd, start, 0, HEAD_BYTES, 0));
}

/** `.3` is older than `.2`; dates sort as text; different schemes by the time of the last change. */
function olderFirst(base: string, a: Sibling, b: Sibling): number {
  const numbers = [a, b].map(({ name }) => /^[._-](\d{1,4})(?:\.gz)?$/.exec(rotationSuffix(base, name) ?? '')?.[1]);
  if (numbers[0] && numbers[1]) return Number(numbers[1]) - Number(numbers[0]);
  if (!numbers[0] && !numbers[1] && a.rotated && b.rotated) return a.name < b.name ? -1 : 1;
  return a.facts.mtimeNs < b.facts.mtimeNs ? -1 : 1;
}
