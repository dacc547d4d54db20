import type { BlockSink, Follow } from '../line-source.ts';
import { allowOptimizers } from '../optimizers.ts';
import { type ByteSource, readStart } from './byte-source.ts';
import type { ChunkPace } from './chunk-pace.ts';
import {
  digest,
  type FileFacts,
  HEAD_BYTES,
  type Head,
  headOf,
  NO_HEAD,
  startsWithHead,
  TAIL_BYTES,
} from './identity.ts';
import { BEGINNING, type Position } from './position.ts';

const NEWLINE = 10;

/**
 * - `live`: somebody may still write to it;
 * - `archive`: a copy or compressed file: complete when its end is reached.
 */
export type GenerationKind = 'live' | 'archive';

export interface ReadContext {
  readonly follow: Follow;
  readonly sink: BlockSink;
  /** Shared by all files. */
  readonly buffer: Buffer;
  readonly chunks: ChunkPace;
  readonly lineBytes: number;
}

/** `again`: there is more. `idle`: read to its end. `rewritten`: what was read is no longer there. */
export type Progress = 'again' | 'idle' | 'rewritten';

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
  readonly #tail = Buffer.alloc(TAIL_BYTES);
  #tailLength: number;
  /** Digest that the bytes before the offset must have at the first read; undefined once they are in #tail. */
  #expectedTail: string | undefined;
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
    this.sizeSeen = this.facts.size;
    this.provenSize = this.facts.size;
    this.#tailLength = Math.min(TAIL_BYTES, position.offset);
    this.#expectedTail = position.offset === 0 ? undefined : position.tail;
    if (kind === 'live' && position.offset === 0) this.refreshHead();
  }

  /** Looks at the first bytes again while they are few. */
  refreshHead(): void {
    if (this.head.length < HEAD_BYTES && this.kind === 'live') this.#extendHead(readStart(this.source));
  }

  /** For the checkpoint. */
  position(): Position {
    const tail = this.#expectedTail ?? digest(this.#tail.subarray(0, this.#tailLength));
    return { offset: this.offset, head: this.head, tail, skipping: this.skipping };
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
    const { buffer } = context;
    const back = this.#tailLength;
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
    const back = this.#tailLength;
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
    this.offset = 0;
    this.readTo = 0;
    this.#mark = 0;
    this.sizeSeen = this.facts.size;
    this.provenSize = 0;
    this.head = NO_HEAD;
    this.#inHole = true;
    this.skipping = false;
    this.#tailLength = 0;
    this.#expectedTail = undefined;
    this.pending = true;
  }

  /** Are the bytes before the offset (or, before anything was consumed, the first ones) still the same? */
  #isContinuing(buffer: Buffer, got: number): boolean {
    if (this.offset === 0) return startsWithHead(buffer.subarray(0, got), this.head);
    if (this.#expectedTail === undefined)
      return buffer.compare(this.#tail, 0, this.#tailLength, 0, this.#tailLength) === 0;
    if (digest(buffer.subarray(0, this.#tailLength)) !== this.#expectedTail) return false;
    buffer.copy(this.#tail, 0, 0, this.#tailLength);
    this.#expectedTail = undefined;
    return true;
  }

  /** Hands over some of the bytes up to `got`; returns how far it looked. */
  #consume(context: ReadContext, got: number): number {
    allowOptimizers();
    const { buffer, follow, sink, chunks } = context;
    let end = got;
    let start = this.#tailLength;
    if (this.#inHole) {
      while (start < end && buffer[start] === 0) start += 1;
      if (start > this.#tailLength) sink.onSkipped(follow, start - this.#tailLength);
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
    this.#advance(buffer, this.#tailLength, start);
    return end;
  }

  /** `to` is the index in the buffer of the new offset, `from` that of the old one. */
  #advance(buffer: Buffer, from: number, to: number): void {
    this.offset += to - from;
    const begin = Math.max(0, to - TAIL_BYTES);
    buffer.copy(this.#tail, 0, begin, to);
    this.#tailLength = to - begin;
  }

  #extendHead(start: Uint8Array): void {
    if (this.head.length < HEAD_BYTES && startsWithHead(start, this.head)) this.head = headOf(start);
  }
}
