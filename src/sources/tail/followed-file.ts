import { realpathSync, statSync } from 'node:fs';
import type { Follow, FollowStatus } from '../line-source.ts';
import { openPlain, PlainSource } from './byte-source.ts';
import type { Generation } from './generation.ts';
import { type FollowEnvironment, GenerationQueue, isHeld } from './generation-queue.ts';
import { type FileFacts, factsOf, isSameInode } from './identity.ts';
import { BEGINNING, type Position } from './position.ts';
import { learnSiblings, type Resumed, resume } from './recovery.ts';
import { type SavedFile, saveGeneration } from './saved-state.ts';
import { positionAtEnd } from './start-position.ts';

/** How a path is taken up. */
export type Beginning = 'end' | 'beginning' | SavedFile;

/** So much is read again after a crash without anybody noticing. */
const READ_AGAIN_BYTES = 64 * 1024;
/** A second look for siblings this long after a rotation. */
const SECOND_LOOK_MS = 1_000;

interface OpenedPath {
  readonly source: PlainSource;
  readonly real: string;
}

/** One path: notices what it points to now, and keeps the queue of the files it has pointed to. */
export class FollowedFile {
  readonly follow: Follow;
  #opened = false;
  #missingSinceMs: number;
  #lookAgainMs = Number.POSITIVE_INFINITY;
  /** Until the first look. */
  #beginning: Beginning | undefined;
  #refusal: string | undefined;
  #savedGenerations: readonly Generation[] = [];
  #savedOffset = 0;
  readonly #queue: GenerationQueue;
  readonly #environment: FollowEnvironment;

  constructor(path: string, beginning: Beginning, environment: FollowEnvironment) {
    this.follow = { path, key: path };
    this.#beginning = beginning;
    this.#environment = environment;
    this.#queue = new GenerationQueue(this.follow, typeof beginning === 'string' ? path : beginning.real, environment);
    this.#missingSinceMs = environment.clock.now();
  }

  /** The path with its links resolved, as last seen. */
  get real(): string {
    return this.#queue.real;
  }

  /** Compares the path and the files held with what was seen before. Never throws: what fails is in `status`. */
  check(): void {
    try {
      this.#look();
    } catch (error) {
      this.#refusal = (error as Error).message;
    }
    if (this.#queue.hasPending()) this.#environment.wake(this.follow.path);
  }

  #look(): void {
    const nowMs = this.#environment.clock.now();
    const queue = this.#queue;
    const facts = this.#stat();
    if (facts === 'refused') queue.observe();
    else if (this.#beginning !== undefined) this.#begin(facts, this.#beginning);
    else if (facts !== 'missing' && queue.current && isSameInode(facts, queue.current.facts)) queue.observe(facts);
    else this.#rotate(facts);
    if (nowMs >= this.#lookAgainMs) {
      this.#lookAgainMs = Number.POSITIVE_INFINITY;
      queue.adoptUnread();
    }
    if (facts !== 'missing') this.#missingSinceMs = nowMs;
    queue.finishDrained();
  }

  /** Hands over one block. Says whether there may be more; `later`: nothing was handed over, as the sink has no room. */
  step(): boolean | 'later' {
    const hadRoom = this.#queue.step();
    return hadRoom ? this.#queue.hasPending() : 'later';
  }

  /** Takes it that something is about to happen. */
  touch(): void {
    this.#queue.activeMs = this.#environment.clock.now();
  }

  idleMs(): number {
    return this.#environment.clock.now() - this.#queue.activeMs;
  }

  /** True when the path has been missing for long and nothing is left to read. */
  isGone(): boolean {
    const { clock, limits } = this.#environment;
    return this.#queue.all().length === 0 && clock.now() - this.#missingSinceMs > limits.holdMs;
  }

  holds(facts: FileFacts): boolean {
    return isHeld(this.#queue.all(), facts);
  }

  /** Bytes seen and not yet handed over. */
  behindBytes(): number {
    return this.#queue.all().reduce((sum, generation) => sum + generation.unreadBytes(), 0);
  }

  /** Remembers the sizes seen now; `isPastMark` says when all that has been handed over. */
  mark(): void {
    for (const one of this.#queue.all()) one.mark();
  }

  isPastMark(): boolean {
    return this.#queue.all().every((one) => one.isPastMark());
  }

  status(): FollowStatus {
    const queue = this.#queue;
    const error = this.#refusal ?? queue.error;
    const isBehind = queue.all().some(({ pending, source }) => pending || source.isWaiting());
    const state = this.#refusal ? 'refused' : !queue.current ? 'missing' : isBehind ? 'catching_up' : 'following';
    const { lastReadMs } = queue;
    const base = { path: this.follow.path, state, behindBytes: this.behindBytes(), lastReadMs } as const;
    return { ...base, offset: queue.current?.offset ?? 0, ...(error ? { error } : {}) };
  }

  /** JSON value; undefined while nothing is known. */
  save(): unknown {
    if (typeof this.#beginning === 'string') return undefined;
    if (this.#beginning !== undefined) return this.#beginning.raw;
    this.#savedGenerations = [...this.#queue.all()];
    this.#savedOffset = this.#queue.current?.offset ?? 0;
    const generations = this.#queue.all().map((one) => saveGeneration(one, this.#queue.current));
    return { real: this.real, generations, known: this.#queue.known.save() };
  }

  /** Another file, a truncation, or much that was read: who knows what will still be there after a crash. */
  isUrgent(): boolean {
    if (this.#beginning !== undefined) return false;
    const saved = this.#savedGenerations;
    const generations = this.#queue.all();
    if (generations.length !== saved.length || generations.some((one, index) => one !== saved[index])) return true;
    const read = (this.#queue.current?.offset ?? 0) - this.#savedOffset;
    return read < 0 || read > READ_AGAIN_BYTES;
  }

  close(): void {
    this.#queue.close();
    if (this.#opened) this.#environment.sink.onClose?.(this.follow);
  }

  #stat(): FileFacts | 'missing' | 'refused' {
    try {
      const stats = statSync(this.follow.path, { bigint: true, throwIfNoEntry: false });
      if (stats && !stats.isFile()) throw new Error('not a regular file');
      this.#refusal = undefined;
      return stats ? factsOf(stats) : 'missing';
    } catch (error) {
      this.#refusal = (error as Error).message;
      return 'refused';
    }
  }

  /** First look at the path. */
  #begin(facts: FileFacts | 'missing', beginning: Beginning): void {
    const opened = facts === 'missing' ? undefined : this.#open();
    if (facts !== 'missing' && !opened) return;
    if (typeof beginning !== 'string') {
      this.#resume(beginning, opened);
      return;
    }
    this.#beginning = opened ? undefined : 'beginning';
    if (!opened) return;
    this.#follow(opened, beginning === 'end' ? positionAtEnd(opened.source) : BEGINNING);
    learnSiblings(this.#queue.recovery());
  }

  #resume(saved: SavedFile, opened: OpenedPath | undefined): void {
    const queue = this.#queue;
    queue.known.restore(saved.known);
    const resumed = this.#find(saved, opened);
    this.#beginning = undefined;
    queue.restore(resumed.generations);
    if (opened) this.#follow(opened, resumed.current ?? BEGINNING);
    for (const { reason, bytes } of resumed.losses) this.#environment.sink.onLoss(this.follow, reason, bytes);
  }

  /** @throws when something of it cannot be read: it is looked for again, lest all of it be read again. */
  #find(saved: SavedFile, opened: OpenedPath | undefined): Resumed {
    try {
      const file = opened && { source: opened.source, facts: opened.source.facts() };
      return resume(saved, file, this.#queue.recovery());
    } catch (error) {
      opened?.source.close();
      throw error;
    }
  }

  /** The path points to another file, or to none. */
  #rotate(facts: FileFacts | 'missing'): void {
    const wasFollowing = this.#queue.current !== undefined;
    const opened = facts === 'missing' ? undefined : this.#open();
    if (!wasFollowing && !opened) {
      this.#queue.observe();
      return;
    }
    this.#queue.retire();
    this.#queue.adoptUnread(opened?.source);
    if (opened) this.#follow(opened, BEGINNING);
    this.#lookAgainMs = this.#environment.clock.now() + SECOND_LOOK_MS;
  }

  /** Undefined when there is no such file any more, or it may not be read: then `status` says why. */
  #open(): OpenedPath | undefined {
    const { path } = this.follow;
    let source: PlainSource | undefined;
    try {
      source = new PlainSource(openPlain(path));
      if (this.#environment.isTaken(source.facts(), path))
        throw new Error('the same file is followed under another path');
      return { source, real: realpathSync(path) };
    } catch (error) {
      source?.close();
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#refusal = (error as Error).message;
      return undefined;
    }
  }

  #follow({ source, real }: OpenedPath, position: Position): void {
    this.#queue.push(source, position, real);
    if (!this.#opened) this.#environment.sink.onOpen?.(this.follow, this.behindBytes());
    this.#opened = true;
  }
}
