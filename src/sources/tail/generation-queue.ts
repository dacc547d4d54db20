import type { Clock } from '../../contract/unit.ts';
import type { BlockSink, Follow, LossReason, TailerLimits } from '../line-source.ts';
import { PartSource, type PlainSource } from './byte-source.ts';
import type { ChunkPace } from './chunk-pace.ts';
import { Generation, type Progress, type ReadContext } from './generation.ts';
import { type FileFacts, isSameInode } from './identity.ts';
import { KnownHeads } from './known-heads.ts';
import type { Position } from './position.ts';
import { findCopy, findUnread, type Recovery, readFromCopy } from './recovery.ts';

/** What all followed files share. */
export interface FollowEnvironment {
  readonly sink: BlockSink;
  readonly clock: Clock;
  readonly buffer: Buffer;
  readonly chunks: ChunkPace;
  readonly limits: TailerLimits;
  /** Is this file read under a path other than this one? */
  isTaken(facts: FileFacts, path: string): boolean;
  /** There is something to read for this path. */
  wake(path: string): void;
  /** What was read of a file is no longer there. */
  truncated(): void;
}

/** The files that one path has pointed to and that are not read to their end, oldest first. */
export class GenerationQueue {
  readonly known = new KnownHeads();
  /** The path with its links resolved, as last seen: siblings lie beside it. */
  real: string;
  /** The last one, while the path exists. */
  current: Generation | undefined;
  lastReadMs: number | null = null;
  /** Last time something was read or has changed. */
  activeMs: number;
  #list: Generation[] = [];
  /** What the last read of each has failed with. */
  readonly #errors = new Map<Generation, string>();
  #archiveError: string | undefined;
  readonly #environment: FollowEnvironment;
  readonly #context: ReadContext;

  constructor(follow: Follow, real: string, environment: FollowEnvironment) {
    const { sink, buffer, chunks, clock, limits } = environment;
    this.real = real;
    this.activeMs = clock.now();
    this.#environment = environment;
    const onVanished = (position: Position, to: number) => this.#vanished(position, to);
    const onFailed = (position: Position, part: PartSource) => this.#failed(position, part);
    this.#context = { follow, sink, buffer, chunks, lineBytes: limits.lineBytes, onVanished, onFailed };
  }

  all(): readonly Generation[] {
    return this.#list;
  }

  /** What cannot be read now. */
  get error(): string | undefined {
    const [first] = this.#errors.values();
    return first ?? this.#archiveError;
  }

  hasPending(): boolean {
    return this.#list.some(({ pending }) => pending);
  }

  /** What a checkpoint's generations have become. */
  restore(generations: readonly Generation[]): void {
    this.#list = [...generations];
  }

  /** The path points to this file now. */
  push(file: PlainSource, position: Position, real: string): void {
    const nowMs = this.#environment.clock.now();
    this.real = real;
    this.current = new Generation(file, 'live', { nowMs, position });
    this.#list.push(this.current);
    this.activeMs = nowMs;
  }

  /** The path no longer points to the current file, or points to the next: time to wait for late writers begins. */
  retire(): void {
    this.observe();
    this.current = undefined;
    for (const one of this.#list) one.grewAtMs = this.#environment.clock.now();
  }

  /** Compares every file with what was seen before; `facts` are the current one's when they are known already. */
  observe(facts?: FileFacts): void {
    const { clock, limits } = this.#environment;
    const nowMs = clock.now();
    const wasEmpty = this.current?.sizeSeen === 0;
    for (const one of [...this.#list]) {
      if (one.kind === 'archive') continue;
      const isIntact = one.observe(one === this.current && facts ? facts : one.source.facts(), nowMs);
      if (!isIntact) this.#rewritten(one);
      if (one === this.current && this.#errors.has(one)) one.pending ||= nowMs - one.grewAtMs >= limits.quietMs;
      if (one.pending) this.activeMs = nowMs;
    }
    // It may have been filled, copied and emptied since the last look: only the copy shows it.
    if (wasEmpty && facts && this.current?.pending && this.adoptUnread() > 0) this.#report('truncated', 0);
  }

  /** Hands over one block of the oldest file that has one. False: the sink has no room now. */
  step(): boolean {
    const next = this.#list.find(({ pending }) => pending);
    if (!next) return true;
    const before = next.offset;
    let progress: Progress = 'idle';
    try {
      progress = next.step(this.#context);
      this.#errors.delete(next);
      if (progress === 'rewritten') this.#rewritten(next);
    } catch (error) {
      this.#fail(next, error as Error);
    }
    this.activeMs = this.#environment.clock.now();
    if (next.offset !== before) this.lastReadMs = this.activeMs;
    if (next.kind !== 'live') this.finishDrained();
    return progress !== 'later';
  }

  /** Puts the files that came and went between two looks before the current one. Returns how many. */
  adoptUnread(opened?: PlainSource): number {
    for (const one of this.#list) one.refreshHead();
    const openedFacts = opened?.facts();
    const at = this.current ? this.#list.indexOf(this.current) : this.#list.length;
    const unread = findUnread(this.recovery(), this.#list, openedFacts);
    this.#list.splice(at, 0, ...unread);
    return unread.length;
  }

  /** Lets go the old files from which nothing more is expected. */
  finishDrained(): void {
    for (const one of [...this.#list]) {
      try {
        if (!this.#isDrained(one)) continue;
        if (one.finish(this.#context)) this.#drop(one);
        else this.#errors.delete(one);
      } catch (error) {
        this.#fail(one, error as Error);
      }
    }
  }

  close(): void {
    for (const { source } of this.#list) source.close();
    this.#list = [];
    this.current = undefined;
  }

  recovery(): Recovery {
    const { clock, limits, wake } = this.#environment;
    const onMore = (generation: Generation) => {
      generation.pending = true;
      wake(this.#context.follow.path);
    };
    return { real: this.real, known: this.known, nowMs: clock.now(), archiveBytes: limits.archiveBytes, onMore };
  }

  #isDrained(one: Generation): boolean {
    const { clock, limits } = this.#environment;
    if (one === this.current || one.pending || one.source.isWaiting()) return false;
    const isRead = one.source instanceof PartSource && one.offset >= one.source.to;
    if (one.kind === 'archive' || isRead || this.#areTooMany(one)) return true;
    return clock.now() - one.grewAtMs >= (this.current ? limits.quietMs : limits.holdMs);
  }

  /** Of these only so many are held. */
  #areTooMany({ kind }: Generation): boolean {
    const alike = this.#list.filter((other) => (other.kind === 'part') === (kind === 'part'));
    return alike.length > this.#environment.limits.generations + 1;
  }

  /** What had been read of this file is no longer in it. */
  #rewritten(one: Generation): void {
    if (one.source instanceof PartSource) {
      this.#drop(one);
      this.#vanished(one.position(), one.source.to);
      return;
    }
    if (one.kind === 'archive') {
      this.#fail(one, new Error('archive does not continue what was read'));
      return;
    }
    const copy = findCopy(this.recovery(), one.position());
    const lost = Math.max(0, one.provenSize - Math.max(one.offset, copy?.facts.size ?? 0));
    this.known.add(one.head);
    this.#environment.truncated();
    one.restart();
    if (copy) this.#list.splice(this.#list.indexOf(one), 0, copy);
    // More than one truncation between two looks leaves more than one copy.
    this.adoptUnread();
    this.#report('truncated', lost);
  }

  /** What was left to the sink is not there any more: the file was truncated. */
  #vanished(position: Position, to: number): void {
    const { follow, sink } = this.#context;
    let lines: Buffer = Buffer.alloc(0);
    try {
      lines = readFromCopy(this.recovery(), position, to);
    } catch (error) {
      this.#archiveError = (error as Error).message;
    }
    if (lines.length > 0) sink.onBlock(follow, lines, 0, lines.length, true);
    if (position.offset + lines.length < to) this.#report('truncated', to - position.offset - lines.length);
  }

  /** What was left to the sink could not be read: it is read here, before all else. */
  #failed(position: Position, part: PartSource): void {
    const { clock, wake } = this.#environment;
    try {
      this.#list.unshift(new Generation(part, 'part', { nowMs: clock.now(), position }));
      wake(this.#context.follow.path);
    } catch {
      part.close();
      this.#report('unreadable', part.to - position.offset);
    }
  }

  /** A plain file is read again when it has grown, or some seconds later. */
  #fail(one: Generation, error: Error): void {
    one.pending = false;
    one.grewAtMs = this.#environment.clock.now();
    if (one.kind === 'archive') this.#archiveError = error.message;
    else this.#errors.set(one, error.message);
    if (one.kind !== 'archive' && (one === this.current || !this.#areTooMany(one))) return;
    this.#report(one.kind === 'archive' ? 'unreadable_archive' : 'unreadable', one.unreadBytes());
    this.#drop(one);
  }

  #drop(one: Generation): void {
    this.#errors.delete(one);
    if (one.kind !== 'part') this.known.add(one.head);
    one.source.close();
    this.#list = this.#list.filter((other) => other !== one);
  }

  #report(reason: LossReason, bytes: number): void {
    this.#environment.sink.onLoss(this.#context.follow, reason, bytes);
  }
}

/** Is one of these generations that file? */
export function isHeld(generations: readonly Generation[], facts: FileFacts): boolean {
  return generations.some((generation) => isSameInode(generation.facts, facts));
}
