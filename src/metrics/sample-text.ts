import { NO_BYTES, NO_WORDS, withRoom } from './columns.ts';
import { formatValue } from './number.ts';
import type { Lender } from './page-buffers.ts';

const NEWLINE = 10;
const EMPTY = Buffer.allocUnsafeSlow(0);
/** A larger one is not kept beside the text: 50,000 lines are 6 MB. */
const LARGEST_SPARE_BYTES = 64 * 1024;
/** So that a buffer serves for many moves. */
const SLACK_BYTES = 1024;
/** As `formatValue` writes them. */
const LONGEST_NUMBER = 25;

/** What happens to a line with the next rendering. */
const KEPT = 0;
const RESIZED = 1;
const ADDED = 2;
const REMOVED = 3;

/**
 * The rendered sample lines of one family in one buffer, in the order of their slots. A number that keeps its length is
 * rewritten in place; else what stands between the lines that change is moved at once. A prefix stands in that text only:
 * buffers of their own took 16 MB for 50,000 lines.
 */
export class SampleText implements Lender {
  private readonly free: number[] = [];
  /** Slots that have ever been taken. */
  private taken = 0;
  /** By slot. */
  private fates = NO_BYTES;
  /** Where the number stands in the text; 0: the line is not in it. */
  private at = NO_WORDS;
  private lengths = NO_BYTES;
  private readonly changed = new Set<number>();
  private readonly resized = new Map<number, string>();
  private readonly newcomers = new NewPrefixes();
  private readonly readValue: (slot: number) => number;
  private text: Buffer = EMPTY;
  /** Where the text stood before it was moved last: a new buffer each time makes V8 collect garbage. */
  private spare: Buffer = EMPTY;
  private isMoving = false;
  /** Of `text`, to pages that are being sent. */
  private loans: { open: number; left: Buffer } = { open: 0, left: EMPTY };

  constructor(readValue: (slot: number) => number) {
    this.readValue = readValue;
  }

  /** Adds a line that begins with `prefix`; returns its slot. Slots of removed lines are used again. */
  add(prefix: string): number {
    const slot = this.free.pop() ?? this.take();
    this.newcomers.set(slot, prefix);
    this.decide(slot, ADDED);
    return slot;
  }

  touch(slot: number): void {
    // The number of a new line is read when it is written.
    if (this.fates[slot] === KEPT) this.changed.add(slot);
  }

  remove(slot: number): void {
    this.changed.delete(slot);
    this.free.push(slot);
    this.decide(slot, REMOVED);
  }

  clear(): void {
    this.free.length = 0;
    this.taken = 0;
    this.changed.clear();
    this.newcomers.clear();
    this.text = EMPTY;
    this.spare = EMPTY;
    this.isMoving = false;
  }

  /** Valid until the next call, or for as long as it is lent. */
  render(): Buffer {
    if (this.loans.open > 0 && (this.isMoving || this.changed.size > 0)) this.leave();
    for (const slot of this.changed) if (this.fates[slot] === KEPT) this.rewrite(slot);
    this.changed.clear();
    if (this.isMoving) this.compose();
    this.isMoving = false;
    return this.text;
  }

  lend(): () => void {
    const { loans } = this;
    loans.open++;
    return () => {
      if (--loans.open === 0) release(loans.left);
    };
  }

  /** The text goes on in a copy, those who read it keep theirs. */
  private leave(): void {
    this.loans.left = this.text;
    this.text = Buffer.from(this.text);
    this.loans = { open: 0, left: EMPTY };
  }

  private take(): number {
    const slot = this.taken++;
    this.fates = withRoom(this.fates, slot);
    this.at = withRoom(this.at, slot);
    this.lengths = withRoom(this.lengths, slot);
    this.at[slot] = 0;
    return slot;
  }

  private decide(slot: number, fate: number): void {
    this.fates[slot] = fate;
    this.isMoving = true;
  }

  private rewrite(slot: number): void {
    const number = formatValue(this.readValue(slot));
    if (number.length === this.lengths[slot]) {
      putAscii(this.text, this.at[slot], number);
      return;
    }
    this.resized.set(slot, number);
    this.decide(slot, RESIZED);
  }

  /** Copies the text to another buffer, with new, without removed lines and with numbers of another length. */
  private compose(): void {
    const { at, fates, lengths } = this;
    const old = this.text;
    const text = this.room();
    /** Up to here the old text is copied, and the new one is written. */
    let from = 0;
    let to = 0;
    /** Where the line of the next slot begins in the old text. */
    let begin = 0;
    for (let slot = 0; slot < this.taken; slot++) {
      const isThere = at[slot] > 0;
      const end = isThere ? at[slot] + lengths[slot] : begin - 1;
      const fate = fates[slot];
      if (fate === KEPT) at[slot] += isThere ? to - from : 0;
      else {
        to += old.copy(text, to, from, fate === RESIZED ? at[slot] : begin);
        from = fate === RESIZED ? end : end + 1;
        to = this.put(text, to, slot);
      }
      begin = end + 1;
    }
    to += old.copy(text, to, from);
    this.newcomers.clear();
    this.resized.clear();
    release(old);
    this.spare = old.length > 0 ? old : EMPTY;
    this.text = text.subarray(0, to);
  }

  /** What comes in place of the number or line; returns where it ends. */
  private put(text: Buffer, to: number, slot: number): number {
    const fate = this.fates[slot];
    this.fates[slot] = KEPT;
    if (fate === REMOVED) {
      this.at[slot] = 0;
      return to;
    }
    const isNew = fate === ADDED;
    const number = isNew ? formatValue(this.readValue(slot)) : (this.resized.get(slot) as string);
    this.at[slot] = isNew ? to + this.newcomers.copy(slot, text, to) : to;
    this.lengths[slot] = number.length;
    const end = putAscii(text, this.at[slot], number);
    if (isNew) text[end] = NEWLINE;
    return isNew ? end + 1 : end;
  }

  /** A buffer for what the text is at most. */
  private room(): Buffer {
    const { bytes, count } = this.newcomers;
    const size = this.text.length + bytes + (count + this.resized.size) * (LONGEST_NUMBER + 1);
    const room = Buffer.from(this.spare.buffer, this.spare.byteOffset);
    return room.length >= size ? room : Buffer.allocUnsafeSlow(size + SLACK_BYTES);
  }
}

/** The memory of a large buffer that nobody reads any more goes back at once, not with the next garbage collection. */
function release(buffer: Buffer): void {
  if (buffer.buffer.byteLength > LARGEST_SPARE_BYTES) (buffer.buffer as ArrayBuffer).transfer(0);
}

/** Prefixes of lines that are not in the text yet, as bytes: as strings they would be garbage that has grown old. */
class NewPrefixes {
  private buffer: Buffer = EMPTY;
  bytes = 0;
  count = 0;
  /** By slot. */
  private starts = NO_WORDS;
  private ends = NO_WORDS;

  set(slot: number, prefix: string): void {
    const start = this.bytes;
    // No character takes more bytes in UTF-8.
    const most = start + prefix.length * 3;
    if (most > this.buffer.length) {
      const buffer = Buffer.allocUnsafeSlow(most * 2);
      this.buffer.copy(buffer, 0, 0, start);
      release(this.buffer);
      this.buffer = buffer;
    }
    this.bytes = start + this.buffer.write(prefix, start, 'utf8');
    this.starts = withRoom(this.starts, slot);
    this.ends = withRoom(this.ends, slot);
    this.starts[slot] = start;
    this.ends[slot] = this.bytes;
    this.count++;
  }

  copy(slot: number, to: Buffer, at: number): number {
    return this.buffer.copy(to, at, this.starts[slot], this.ends[slot]);
  }

  clear(): void {
    this.starts = NO_WORDS;
    this.ends = NO_WORDS;
    release(this.buffer);
    this.buffer = EMPTY;
    this.bytes = 0;
    this.count = 0;
  }
}

/** Digits, a sign, a point, an exponent: one byte each. A native call costs more than the few of them. */
function putAscii(text: Buffer, at: number, ascii: string): number {
  for (let i = 0; i < ascii.length; i++) text[at + i] = ascii.charCodeAt(i);
  return at + ascii.length;
}
