import { realpathSync, statSync } from 'node:fs';
import type { Clock } from '../../contract/unit.ts';
import type { BlockSink, Follow, FollowStatus, TailerLimits } from '../line-source.ts';
import { openPlain, PlainSource } from './byte-source.ts';
import { BEGINNING, Generation, type Position, type ReadContext } from './generation.ts';
import { type FileFacts, factsOf, isSameInode } from './identity.ts';
import { KnownHeads } from './known-heads.ts';
import { findCopy, findUnread, learnSiblings, type Recovery, resume } from './recovery.ts';
import { type SavedFile, saveGeneration } from './saved-state.ts';
import { positionAtEnd } from './start-position.ts';

/** What all followed files share. */
export interface FollowEnvironment {
  readonly sink: BlockSink;
  readonly clock: Clock;
  readonly buffer: Buffer;
  readonly limits: TailerLimits;
  /** Is this file read by another followed path already? */
  isTaken(facts: FileFacts, self: FollowedFile): boolean;
  /** There is something to read. */
  wake(file: FollowedFile): void;
}

/** How a path is taken up. */
export type Beginning = 'end' | 'beginning' | SavedFile;

/** A second look for siblings this long after a rotation. */
const SECOND_LOOK_MS = 1_000;

/**
 * One path and the files it has pointed to that are not read to their end: a queue of generations, oldest first. The last
 * one is the current file while the path exists.
 */
export class FollowedFile {
  readonly follow: Follow;
  /** The path with its links resolved, as last seen. */
  real: string;
  lastReadMs: number | null = null;
  error: string | undefined;
  /** Last time something grew or changed. */
  activeMs: number;
  #generations: Generation[] = [];
  #current: Generation | undefined;
  #nextReal = '';
  #opened = false;
  #missingSinceMs: number;
  #lookAgainMs = Number.POSITIVE_INFINITY;
  #beginning: Beginning | undefined;
  readonly #known = new KnownHeads();
  readonly #environment: FollowEnvironment;
  readonly #context: ReadContext;

  constructor(path: string, beginning: Beginning, environment: FollowEnvironment) {
    const { sink, buffer, clock, limits } = environment;
    this.follow = { path, key: path };
    this.real = typeof beginning === 'string' ? path : beginning.real;
    this.#beginning = beginning;
    this.#environment = environment;
    this.#context = { follow: this.follow, sink, buffer, lineBytes: limits.lineBytes };
    this.activeMs = clock.now();
    this.#missingSinceMs = clock.now();
  }

  /** Compares the path and the files held with what was seen before. Reads nothing. */
  check(): void {
    const { clock, sink } = this.#environment;
    const nowMs = clock.now();
    const facts = this.#stat();
    if (facts === 'refused') this.#observe(undefined, nowMs);
    else if (this.#beginning !== undefined) this.#begin(facts, nowMs);
    else if (facts !== 'missing' && this.#current && isSameInode(facts, this.#current.facts)) {
      const wasEmpty = this.#current.sizeSeen === 0;
      this.#observe(facts, nowMs);
      // It may have been filled, copied and emptied since the last look: only the copy shows it.
      if (wasEmpty && this.#current.pending && this.#adoptUnread(nowMs) > 0) sink.onLoss(this.follow, 'truncated', 0);
    } else this.#rotate(facts, nowMs);
    if (nowMs >= this.#lookAgainMs) this.#adoptUnread(nowMs);
    if (facts !== 'missing') this.#missingSinceMs = nowMs;
    this.#finishDrained(nowMs);
    if (this.#generations.some(({ pending }) => pending)) this.#environment.wake(this);
  }

  /** Hands over one block of the oldest generation that has one. True when there may be more. */
  step(): boolean {
    const next = this.#generations.find(({ pending }) => pending);
    if (!next) return false;
    const before = next.offset;
    try {
      if (next.step(this.#context) === 'rewritten') this.#rewritten(next);
    } catch (error) {
      this.#fail(next, error as Error);
    }
    const nowMs = this.#environment.clock.now();
    if (next.offset !== before) this.lastReadMs = nowMs;
    this.activeMs = nowMs;
    if (next.kind === 'archive') this.#finishDrained(nowMs);
    return this.#generations.some(({ pending }) => pending);
  }

  /** True when the path has been missing for long and nothing is left to read. */
  isGone(): boolean {
    const { clock, limits } = this.#environment;
    return this.#generations.length === 0 && clock.now() - this.#missingSinceMs > limits.holdMs;
  }

  holds(facts: FileFacts): boolean {
    return this.#generations.some((generation) => isSameInode(generation.facts, facts));
  }

  /** Bytes seen and not yet handed over. */
  behindBytes(): number {
    return this.#generations.reduce((sum, generation) => sum + generation.unreadBytes(), 0);
  }

  /** Everything held now has been read, unterminated last lines apart. */
  isRead(): boolean {
    return this.#generations.every((one) => !one.pending && one.readTo >= one.sizeSeen && !one.source.isWaiting());
  }

  /** Open generations, as a mark for `isPast`. */
  mark(): ReadonlyMap<Generation, number> {
    return new Map(this.#generations.map((one) => [one, one.kind === 'archive' ? Infinity : one.sizeSeen]));
  }

  /** Has everything that the mark stands for been handed over? */
  isPast(mark: ReadonlyMap<Generation, number>): boolean {
    return this.#generations.every((one) => one.readTo >= (mark.get(one) ?? 0));
  }

  status(): FollowStatus {
    const { error, lastReadMs } = this;
    const isBehind = this.#generations.some(({ pending, source }) => pending || source.isWaiting());
    const state = error ? 'refused' : !this.#current ? 'missing' : isBehind ? 'catching_up' : 'following';
    const base = { path: this.follow.path, state, behindBytes: this.behindBytes(), lastReadMs } as const;
    return { ...base, offset: this.#current?.offset ?? 0, ...(error ? { error } : {}) };
  }

  save(): unknown {
    if (typeof this.#beginning === 'string') return undefined;
    if (this.#beginning !== undefined) return this.#beginning.raw;
    const generations = this.#generations.map((one) => saveGeneration(one, one === this.#current));
    return { real: this.real, generations, known: this.#known.save() };
  }

  close(): void {
    for (const { source } of this.#generations) source.close();
    if (this.#opened) this.#environment.sink.onClose?.(this.follow);
    this.#generations = [];
    this.#current = undefined;
  }

  #stat(): FileFacts | 'missing' | 'refused' {
    try {
      const stats = statSync(this.follow.path, { bigint: true, throwIfNoEntry: false });
      if (stats && !stats.isFile()) throw new Error('not a regular file');
      this.error = undefined;
      return stats ? factsOf(stats) : 'missing';
    } catch (error) {
      this.error = (error as Error).message;
      return 'refused';
    }
  }

  #observe(facts: FileFacts | undefined, nowMs: number): void {
    for (const one of [...this.#generations]) {
      if (one.source.isWaiting() || one.kind === 'archive') continue;
      const isIntact = one.observe(one === this.#current && facts ? facts : one.source.facts(), nowMs);
      if (!isIntact) this.#rewritten(one);
      if (one.pending) this.activeMs = nowMs;
    }
  }

  /** First look at the path. */
  #begin(facts: FileFacts | 'missing', nowMs: number): void {
    const beginning = this.#beginning;
    const file = facts === 'missing' ? undefined : this.#open();
    if (beginning === undefined || (facts !== 'missing' && !file)) return;
    this.#beginning = typeof beginning === 'string' && !file ? 'beginning' : undefined;
    if (typeof beginning === 'string') {
      if (!file) return;
      this.#follow(file, beginning === 'end' ? positionAtEnd(file) : BEGINNING, nowMs);
      learnSiblings(this.#recovery(nowMs));
      return;
    }
    this.#known.restore(beginning.known);
    const resumed = resume(beginning, file && { source: file, facts: file.facts() }, this.#recovery(nowMs));
    this.#generations = resumed.generations;
    if (file) this.#follow(file, resumed.current ?? BEGINNING, nowMs);
    for (const { reason, bytes } of resumed.losses) this.#environment.sink.onLoss(this.follow, reason, bytes);
  }

  /** The path points to another file, or to none. */
  #rotate(facts: FileFacts | 'missing', nowMs: number): void {
    const wasFollowing = this.#current !== undefined;
    this.#observe(undefined, nowMs);
    this.#current = undefined;
    const file = facts === 'missing' ? undefined : this.#open();
    if (!wasFollowing && !file) return;
    for (const one of this.#generations) one.grewAtMs = nowMs;
    this.#adoptUnread(nowMs, file);
    if (file) this.#follow(file, BEGINNING, nowMs);
    this.#lookAgainMs = nowMs + SECOND_LOOK_MS;
  }

  #open(): PlainSource | undefined {
    try {
      const source = new PlainSource(openPlain(this.follow.path));
      if (this.#environment.isTaken(source.facts(), this)) {
        source.close();
        throw new Error('the same file is followed under another path');
      }
      this.#nextReal = realpathSync(this.follow.path);
      return source;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.error = (error as Error).message;
      return undefined;
    }
  }

  #follow(file: PlainSource, position: Position, nowMs: number): void {
    this.real = this.#nextReal;
    this.#current = new Generation(file, 'live', nowMs, position);
    this.#generations.push(this.#current);
    this.activeMs = nowMs;
    if (!this.#opened) this.#environment.sink.onOpen?.(this.follow);
    this.#opened = true;
  }

  /** Puts the generations that came and went between two looks before the current one. Returns how many. */
  #adoptUnread(nowMs: number, opened?: PlainSource): number {
    this.#lookAgainMs = Number.POSITIVE_INFINITY;
    for (const one of this.#generations) one.refreshHead();
    const held = opened ? [...this.#generations, new Generation(opened, 'live', nowMs)] : this.#generations;
    const at = this.#current ? this.#generations.indexOf(this.#current) : this.#generations.length;
    const unread = findUnread(this.#recovery(nowMs), held);
    this.#generations.splice(at, 0, ...unread);
    return unread.length;
  }

  /** What had been read of this file is no longer in it. */
  #rewritten(one: Generation): void {
    const { clock, sink } = this.#environment;
    if (one.kind === 'archive') {
      this.#fail(one, new Error('archive does not continue what was read'));
      return;
    }
    const copy = findCopy(this.#recovery(clock.now()), one.position());
    const lost = Math.max(0, one.provenSize - Math.max(one.offset, copy?.facts.size ?? 0));
    this.#known.add(one.head);
    one.restart();
    if (copy) this.#generations.splice(this.#generations.indexOf(one), 0, copy);
    // More than one truncation between two looks leaves more than one copy.
    this.#adoptUnread(clock.now());
    sink.onLoss(this.follow, 'truncated', lost);
  }

  #fail(one: Generation, error: Error): void {
    this.error = error.message;
    one.pending = false;
    if (one.kind !== 'archive') return;
    this.#environment.sink.onLoss(this.follow, 'unreadable_archive', one.unreadBytes());
    this.#drop(one);
  }

  #finishDrained(nowMs: number): void {
    const { limits } = this.#environment;
    for (const one of [...this.#generations]) {
      if (one === this.#current || one.pending || one.source.isWaiting()) continue;
      const quietMs = nowMs - one.grewAtMs;
      const isDone =
        one.kind === 'archive' ||
        (this.#current && quietMs >= limits.quietMs) ||
        quietMs >= limits.holdMs ||
        this.#generations.length > limits.generations + 1;
      if (isDone && one.finish(this.#context)) this.#drop(one);
    }
  }

  #drop(one: Generation): void {
    this.#known.add(one.head);
    one.source.close();
    this.#generations = this.#generations.filter((other) => other !== one);
  }

  #recovery(nowMs: number): Recovery {
    const onMore = (generation: Generation) => {
      generation.pending = true;
      this.#environment.wake(this);
    };
    return { real: this.real, known: this.#known, nowMs, archiveBytes: this.#environment.limits.archiveBytes, onMore };
  }
}
