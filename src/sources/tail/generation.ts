import { type RangeAnswer, rangeBytesFor } from '../file-range.ts';
import type { BlockSink, Follow } from '../line-source.ts';
import { allowOptimizersFor } from '../optimizers.ts';
import { type ByteSource, PartSource, readStart } from './byte-source.ts';
import type { ChunkPace } from './chunk-pace.ts';
import { type FileFacts, HEAD_BYTES, type Head, headOf, NO_HEAD, startsWithHead, TAIL_BYTES } from './identity.ts';
import { wholeLinesAhead } from './lines-ahead.ts';
import { BEGINNING, hasHead, type Position } from './position.ts';
import { ReadTail } from './read-tail.ts';

const NEWLINE = 10;

/**
 * - `live`: somebody may still write to it;
 * - `archive`: a copy or compressed file: complete when its end is reached;
 * - `part`: lines of a live file that could not be read where they were left to: the same.
 */
export type GenerationKind = 'live' | 'archive' | 'part';

export interface ReadContext {
  readonly follow: Follow;
  readonly sink: BlockSink;
  /** Shared by all files. */
  readonly buffer: Buffer;
  readonly chunks: ChunkPace;
  readonly lineBytes: number;
  /** What was left to the sink, from this position to offset `to`, was not there any more; or it could not be read. */
  onVanished(position: Position, to: number): void;
  onFailed(position: Position, part: PartSource): void;
}

/** `again`: there is more. `later`: there is more, and the sink has no room now. `idle`: read to its end. `rewritten`: what was read is no longer there. */
export type Progress = 'again' | 'later' | 'idle' | 'rewritten';

/** When it was opened, and where reading goes on. */
export interface GenerationStart {
  readonly nowMs: number;
  readonly position?: Position;
}

/** One file of the sequence that a path has pointed to, and how far it has been read. */
export class Generation {
  readonly source: ByteSource;
  readonly kind: GenerationKind;
  facts: FileFacts;
  /** True when a read may find something. */
  pending = true;
  /** Milliseconds since the epoch. */
  grewAtMs: number;
  head: Head;
  offset: number;
  skipping: boolean;
  /** Highest size known. */
  sizeSeen: number;
  /** Highest size known while what had been read was proven to be there: the base of a loss's lower bound. */
  provenSize: number;
  /** Read so far, the unterminated rest included. */
  readTo: number;
  #mark = 0;
  readonly #tail: ReadTail;
  /** After a truncation: a writer without O_APPEND leaves a hole of NULs before what it writes next. */
  #inHole = false;

  constructor(source: ByteSource, kind: GenerationKind, { nowMs, position = BEGINNING }: GenerationStart) {
    this.source = source;
    this.kind = kind;
    this.facts = source.facts();
    this.grewAtMs = nowMs;
    this.head = position.head;
    this.offset = position.offset;
    this.readTo = position.offset;
    this.skipping = position.skipping;
    this.sizeSeen = this.provenSize = this.facts.size;
    this.#tail = new ReadTail(position.offset, position.tail);
    if (kind === 'live' && position.offset === 0) this.refreshHead();
  }

  /** Looks at the first bytes again while they are few. */
  refreshHead(): void {
    if (this.head.length < HEAD_BYTES && this.kind === 'live') this.#extendHead(readStart(this.source));
  }

  /** For the checkpoint. */
  position(): Position {
    return { offset: this.offset, head: this.head, tail: this.#tail.digest(), skipping: this.skipping };
  }

  /** Remembers the size seen now. */
  mark(): void {
    this.#mark = this.kind === 'archive' ? Number.POSITIVE_INFINITY : this.sizeSeen;
  }

  /** Has all that was there at the mark been read, or destroyed? */
  isPastMark(): boolean {
    return this.readTo >= this.#mark;
  }

  unreadBytes(): number {
    return Math.max(0, this.sizeSeen - this.offset);
  }

  /** Takes note of a new stat. False when the file has shrunk. */
  observe(facts: FileFacts, nowMs: number): boolean {
    if (facts.size !== this.facts.size || facts.mtimeNs !== this.facts.mtimeNs) {
      this.pending = true;
      this.grewAtMs = nowMs;
    }
    this.facts = facts;
    if (facts.size < this.sizeSeen) {
      this.provenSize = this.sizeSeen;
      return false;
    }
    this.sizeSeen = facts.size;
    return true;
  }

  /** Reads one block and hands it over. @throws when an archive is damaged. */
  step(context: ReadContext): Progress {
    const answer = this.#leave(context);
    if (answer !== 'refused') return answer === 'taken' ? 'again' : 'later';
    const { buffer } = context;
    const back = this.#tail.length;
    const got = this.source.read(buffer, this.offset - back);
    const isShort = got < (this.offset === 0 ? this.head.length : back);
    if (isShort && this.source.isWaiting()) {
      this.pending = false;
      return 'idle';
    }
    if (isShort || !this.#isContinuing(buffer, got)) return 'rewritten';
    const full = got === buffer.length;
    this.pending = full;
    const from = this.offset - back;
    if (from + got <= this.readTo) return full ? 'again' : 'idle';
    this.sizeSeen = Math.max(this.sizeSeen, from + got);
    this.provenSize = this.sizeSeen;
    // The block begins with the file's first byte while the offset is small.
    if (this.offset === back) this.#extendHead(buffer.subarray(0, got));
    else this.refreshHead();
    const seen = this.#consume(context, got);
    this.readTo = from + seen;
    this.pending = full || seen < got;
    return this.pending ? 'again' : 'idle';
  }

  /** No more bytes will ever come: hands over an unterminated last line. False when there is more than that: read on. */
  finish(context: ReadContext): boolean {
    const { buffer, follow, sink } = context;
    const back = this.#tail.length;
    const got = this.source.read(buffer, this.offset - back);
    if (got === buffer.length) this.pending = true;
    if (this.pending) return false;
    if (got <= back || !this.#isContinuing(buffer, got)) return true;
    this.refreshHead();
    if (this.skipping) sink.onSkipped(follow, got - back);
    else sink.onBlock(follow, buffer, back, got, true);
    this.#advance(buffer, back, got);
    return true;
  }

  /** The file was rewritten in place: begins again. */
  restart(): void {
    this.facts = this.source.facts();
    this.offset = this.readTo = this.#mark = this.provenSize = 0;
    this.sizeSeen = this.facts.size;
    this.head = NO_HEAD;
    this.#inHole = true;
    this.skipping = false;
    this.#tail.clear();
    this.pending = true;
  }

  /** Are the bytes before the offset (or, before anything was consumed, the first ones) still the same? */
  #isContinuing(buffer: Buffer, got: number): boolean {
    if (this.offset === 0) return startsWithHead(buffer.subarray(0, got), this.head);
    return this.#tail.begins(buffer) && (this.kind === 'archive' || hasHead(this.source, this.head));
  }

  /** Leaves whole lines ahead to the sink, where there are many and it wants to read them itself. */
  #leave({ buffer, follow, sink, lineBytes, onVanished, onFailed }: ReadContext): RangeAnswer {
    const { source, offset } = this;
    const isPlain = this.kind === 'live' && !this.#inHole && !this.skipping && offset > 0 && this.#tail.isKnown;
    const most = rangeBytesFor(this.unreadBytes());
    if (sink.onRange === undefined || !isPlain || most === 0) return 'refused';
    const wish = sink.wantsRange?.(follow) ?? 'wanted';
    if (wish !== 'wanted') return wish;
    const ahead = wholeLinesAhead(source, { offset, tail: this.#tail, most }, buffer, lineBytes);
    const first = readStart(source);
    if (ahead === undefined || !startsWithHead(first, this.head)) return 'refused';
    const { to, end } = ahead;
    this.#extendHead(first);
    const position = this.position();
    const last = Buffer.from(buffer.subarray(end - TAIL_BYTES, end));
    const vanished = () => onVanished(position, to);
    const failed = (descriptor: number) => onFailed(position, new PartSource(descriptor, to));
    const range = { from: offset, to, last, first, open: () => source.reopen!(), vanished, failed };
    const answer = sink.onRange(follow, range);
    if (answer !== 'taken') return answer;
    this.#tail.moveTo(buffer, end);
    [this.offset, this.readTo, this.provenSize] = [to, to, this.sizeSeen];
    return answer;
  }

  /** Hands over some of the bytes up to `got`; returns how far it looked. */
  #consume(context: ReadContext, got: number): number {
    allowOptimizersFor(got - this.#tail.length);
    const { buffer, follow, sink, chunks } = context;
    let end = got;
    let start = this.#tail.length;
    if (this.#inHole) {
      while (start < end && buffer[start] === 0) start += 1;
      if (start > this.#tail.length) sink.onSkipped(follow, start - this.#tail.length);
      this.#inHole = start === end;
    }
    if (this.skipping) {
      const newline = buffer.subarray(0, end).indexOf(NEWLINE, start);
      const next = newline < 0 ? end : newline + 1;
      sink.onSkipped(follow, next - start);
      this.skipping = newline < 0;
      start = next;
    }
    if (start < end) {
      const from = start;
      const take = (stop: number) => sink.onBlock(follow, buffer, from, stop, false);
      // What was unpacked before the damage of an archive is not kept for later.
      const given = this.kind === 'live' ? chunks.handOver(buffer, from, end, take) : { end, used: take(end) };
      start += given.used;
      end = given.end;
    }
    // Whole lines that were not taken wait for the rest of one that the container runtime has split.
    if (end - start >= context.lineBytes && !buffer.subarray(0, end).includes(NEWLINE, start)) {
      sink.onSkipped(follow, end - start);
      this.skipping = true;
      start = end;
    }
    this.#advance(buffer, this.#tail.length, start);
    return end;
  }

  /** `to` is the index in the buffer of the new offset, `from` that of the old one. */
  #advance(buffer: Buffer, from: number, to: number): void {
    this.offset += to - from;
    this.#tail.moveTo(buffer, to);
  }

  #extendHead(start: Uint8Array): void {
    if (this.head.length < HEAD_BYTES && startsWithHead(start, this.head)) this.head = headOf(start);
  }
}
