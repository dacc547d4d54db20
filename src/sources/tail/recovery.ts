import type { LossReason } from '../line-source.ts';
import { PartSource, PlainSource, readStart } from './byte-source.ts';
import { Generation, type GenerationKind } from './generation.ts';
import { GzipSource } from './gzip-source.ts';
import { type FileFacts, headOf, identityOf, isSameInode, NO_HEAD, startsWithHead } from './identity.ts';
import type { KnownHeads } from './known-heads.ts';
import { BEGINNING, isAt, type Position } from './position.ts';
import type { SavedFile, SavedGeneration } from './saved-state.ts';
import { hasDirectory, type Sibling, withSiblings } from './siblings.ts';

const NEWLINE = 10;

/** What the search needs to make generations of the files it finds. */
export interface Recovery {
  /** The followed path with its links resolved. */
  readonly real: string;
  readonly known: KnownHeads;
  readonly nowMs: number;
  readonly archiveBytes: number;
  /** Called when more of an archive has been unpacked. */
  readonly onMore: (generation: Generation) => void;
}

export interface Loss {
  readonly reason: LossReason;
  readonly bytes: number;
}

export interface Resumed {
  /** Oldest first, without the current one. */
  readonly generations: Generation[];
  /** Where the checkpoint's generation at the path itself goes on; undefined: it begins anew. */
  readonly current: Position | undefined;
  readonly losses: readonly Loss[];
}

/** A file just opened at the followed path. */
export interface OpenFile {
  readonly source: PlainSource;
  readonly facts: FileFacts;
}

/** Everything that lies beside the path now is history. */
export function learnSiblings({ real, known }: Recovery): void {
  withSiblings(real, (siblings) => {
    for (const { start } of siblings) known.add(headOf(start));
    return new Set();
  });
}

/** Rotated siblings that came and went between two looks: neither held, nor known, nor just `opened`. Oldest first. */
export function findUnread(recovery: Recovery, held: readonly Generation[], opened?: FileFacts): Generation[] {
  const found: Generation[] = [];
  withSiblings(recovery.real, (siblings) => {
    const others = siblings.filter(({ facts }) => !opened || !isSameInode(facts, opened));
    return new Set(others.filter((one) => adoptUnread(one, { held, found }, recovery)));
  });
  return found;
}

interface Others {
  readonly held: readonly Generation[];
  readonly found: Generation[];
}

/** Appends it to `found` when it has the name of a rotated file and no generation, held, found or known, is it. */
function adoptUnread(one: Sibling, { held, found }: Others, recovery: Recovery): boolean {
  if (!one.rotated || recovery.known.has(one.start)) return false;
  if ([...held, ...found].some((generation) => isOf(one, generation))) return false;
  found.push(makeGeneration(one, { position: { ...BEGINNING, head: headOf(one.start) } }, recovery));
  return true;
}

/** Is this sibling, or what it was copied or compressed from, that generation? */
function isOf(sibling: Sibling, generation: Generation): boolean {
  if (!sibling.gzip && isSameInode(sibling.facts, generation.facts)) return true;
  return generation.head.length > 0 && startsWithHead(sibling.start, generation.head);
}

/** After a truncation: the copy made before it, opened where reading had come to. */
export function findCopy(recovery: Recovery, position: Position): Generation | undefined {
  if (position.head.length === 0) return undefined;
  let found: Generation | undefined;
  withSiblings(recovery.real, (siblings) => {
    const copy = findPosition(siblings, position);
    if (!copy) return new Set();
    found = makeGeneration(copy, { position, kind: 'archive' }, recovery);
    return new Set([copy]);
  });
  return found;
}

/** After a truncation: whole lines from `position` up to `to`, out of the copy made before it; empty where there is none, or only a packed one. */
export function readFromCopy({ real }: Recovery, position: Position, to: number): Buffer {
  const bytes = Buffer.alloc(to - position.offset);
  let got = 0;
  withSiblings(real, (siblings) => {
    const plain = siblings.filter(({ gzip }) => !gzip);
    const copy = findPosition(plain, position);
    if (copy !== undefined) got = new PlainSource(copy.fd).read(bytes, position.offset);
    return new Set();
  });
  return bytes.subarray(0, bytes.subarray(0, got).lastIndexOf(NEWLINE) + 1);
}

/** Finds where the generations of a checkpoint are now, and those that came after them. */
export function resume(saved: SavedFile, path: OpenFile | undefined, recovery: Recovery): Resumed {
  const generations: Generation[] = [];
  const losses: Loss[] = [];
  let current: Position | undefined;
  withSiblings(recovery.real, (siblings) => {
    const kept = new Set<Sibling>();
    for (const one of saved.generations) {
      if (one.to !== undefined) {
        const source = openPart(one, one.to, { path, siblings });
        if (source) generations.push(new Generation(source, 'part', { nowMs: recovery.nowMs, position: one.position }));
        else losses.push(lossOf(one, undefined, { wasTruncated: false, real: recovery.real })!);
        continue;
      }
      if (path && !current && isThere(path, one)) {
        current = one.position;
        continue;
      }
      const sibling = findPosition(
        siblings.filter((other) => !kept.has(other)),
        one.position,
      );
      const wasTruncated = path !== undefined && one.current && identityOf(path.facts) === one.identity;
      if (sibling) {
        kept.add(sibling);
        generations.push(
          makeGeneration(sibling, { position: one.position, ...(wasTruncated && { kind: 'archive' }) }, recovery),
        );
      }
      const loss = lossOf(one, sibling, { wasTruncated, real: recovery.real });
      if (loss) losses.push(loss);
      // A copy that ends before the position has nothing that was not read.
      if (!sibling) recovery.known.add(one.position.head);
    }
    // The path kept its inode: then a new sibling is no renamed file but a copy made before a truncation.
    const isInPlace = path !== undefined && saved.generations.at(-1)?.identity === identityOf(path.facts);
    const pathHead = path ? headOf(readStart(path.source)) : NO_HEAD;
    for (const sibling of siblings) {
      if (kept.has(sibling) || (path && isSameInode(path.facts, sibling.facts))) continue;
      if (pathHead.length > 0 && startsWithHead(sibling.start, pathHead)) continue;
      if (!adoptUnread(sibling, { held: [], found: generations }, recovery)) continue;
      kept.add(sibling);
      if (isInPlace && !sibling.gzip) losses.push({ reason: 'truncated', bytes: 0 });
    }
    return kept;
  });
  return { generations, current, losses };
}

/** Looks by inode first: that needs no reading, which has failed there. Packed files have no parts. */
function openPart(
  { identity, position }: SavedGeneration,
  to: number,
  { path, siblings }: { readonly path: OpenFile | undefined; readonly siblings: readonly Sibling[] },
): PartSource | undefined {
  const plain = siblings.filter(({ gzip }) => !gzip);
  const renamed = plain.find(({ facts }) => identityOf(facts) === identity);
  const isAtPath = path !== undefined && identityOf(path.facts) === identity;
  const sibling = isAtPath ? undefined : (renamed ?? findPosition(plain, position));
  const file = sibling ? new PlainSource(sibling.fd) : isAtPath ? path.source : undefined;
  return file && new PartSource(file.reopen(), to);
}

function isThere(path: OpenFile, saved: SavedGeneration): boolean {
  if (saved.position.head.length === 0) return identityOf(path.facts) === saved.identity && saved.position.offset === 0;
  return isAt(path.source, saved.position);
}

interface Surroundings {
  readonly wasTruncated: boolean;
  readonly real: string;
}

function lossOf(
  saved: SavedGeneration,
  found: Sibling | undefined,
  { wasTruncated, real }: Surroundings,
): Loss | undefined {
  const reached = found && !found.gzip ? Math.max(saved.position.offset, found.facts.size) : saved.position.offset;
  const bytes = Math.max(0, saved.sizeSeen - reached);
  if (wasTruncated) return { reason: 'truncated', bytes: found?.gzip ? 0 : bytes };
  if (found || (!saved.current && bytes === 0) || saved.sizeSeen === 0) return undefined;
  return { reason: hasDirectory(real) ? 'rotated_away' : 'deleted', bytes };
}

/** Plain files come first: a damaged archive of a file that is still there is not needed. */
function findPosition(siblings: readonly Sibling[], position: Position): Sibling | undefined {
  if (position.head.length === 0) return undefined;
  return siblings.find(({ gzip, fd, start }) =>
    gzip ? startsWithHead(start, position.head) : isAt(new PlainSource(fd), position),
  );
}

interface Start {
  readonly position: Position;
  /** Compressed files always are archives. */
  readonly kind?: GenerationKind;
}

function makeGeneration(sibling: Sibling, { position, kind = 'live' }: Start, recovery: Recovery): Generation {
  const { nowMs, archiveBytes, onMore } = recovery;
  if (!sibling.gzip) return new Generation(new PlainSource(sibling.fd), kind, { nowMs, position });
  let generation: Generation | undefined;
  const source = new GzipSource(sibling.fd, archiveBytes, () => generation && onMore(generation));
  generation = new Generation(source, 'archive', { nowMs, position });
  return generation;
}
