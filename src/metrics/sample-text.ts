import { formatValue } from './number.ts';

const NEWLINE = 10;
const EMPTY = Buffer.allocUnsafeSlow(0);
/** So that a buffer serves for many moves. */
const SLACK_BYTES = 1024;

/**
 * The rendered sample lines of one family in one buffer. A number that keeps its length is rewritten in place; around one
 * that does not the rest is moved; a new series rebuilds the buffer from the stored prefixes.
 */
export class SampleText {
  private readonly prefixes: (Buffer | undefined)[] = [];
  private readonly free: number[] = [];
  private readonly at: number[] = [];
  private readonly lengths: number[] = [];
  private readonly changed = new Set<number>();
  private readonly readValue: (slot: number) => number;
  private text: Buffer = EMPTY;
  /** Where the text stood before it was moved last: a new buffer each time makes V8 collect garbage. */
  private spare: Buffer = EMPTY;
  private stale = false;

  constructor(readValue: (slot: number) => number) {
    this.readValue = readValue;
  }

  /** Adds a line that begins with `prefix`; returns its slot. Slots of removed lines are used again. */
  add(prefix: string): number {
    const slot = this.free.pop() ?? this.prefixes.length;
    this.prefixes[slot] = Buffer.from(prefix, 'utf8');
    this.stale = true;
    return slot;
  }

  touch(slot: number): void {
    this.changed.add(slot);
  }

  remove(slot: number): void {
    this.prefixes[slot] = undefined;
    this.free.push(slot);
    this.changed.delete(slot);
    this.stale = true;
  }

  clear(): void {
    this.prefixes.length = 0;
    this.free.length = 0;
    this.changed.clear();
    this.text = EMPTY;
    this.spare = EMPTY;
    this.stale = false;
  }

  render(): Buffer {
    if (this.stale) this.rebuild();
    else this.rewrite();
    this.changed.clear();
    this.stale = false;
    return this.text;
  }

  private rewrite(): void {
    const resized = new Map<number, string>();
    for (const slot of this.changed) {
      const number = formatValue(this.readValue(slot));
      if (number.length === this.lengths[slot]) this.text.write(number, this.at[slot], 'latin1');
      else resized.set(slot, number);
    }
    if (resized.size > 0) this.move(resized);
  }

  /** Puts the numbers in and moves what stands between them: lines stand in the order of their slots. */
  private move(numbers: ReadonlyMap<number, string>): void {
    let size = this.text.length;
    for (const [slot, number] of numbers) size += number.length - this.lengths[slot];
    const room = Buffer.from(this.spare.buffer, this.spare.byteOffset);
    const text =
      room.length >= size ? room.subarray(0, size) : Buffer.allocUnsafeSlow(size + SLACK_BYTES).subarray(0, size);
    let from = 0;
    let to = 0;
    let shift = 0;
    for (let slot = 0; slot < this.prefixes.length; slot++) {
      if (this.prefixes[slot] === undefined) continue;
      const number = numbers.get(slot);
      if (number !== undefined) {
        to += this.text.copy(text, to, from, this.at[slot]);
        from = this.at[slot] + this.lengths[slot];
        to += text.write(number, to, 'latin1');
      }
      this.at[slot] += shift;
      if (number === undefined) continue;
      shift += number.length - this.lengths[slot];
      this.lengths[slot] = number.length;
    }
    this.text.copy(text, to, from);
    this.spare = this.text;
    this.text = text;
  }

  private rebuild(): void {
    const numbers: string[] = [];
    let size = 0;
    for (let slot = 0; slot < this.prefixes.length; slot++) {
      const prefix = this.prefixes[slot];
      if (prefix === undefined) continue;
      numbers[slot] = formatValue(this.readValue(slot));
      size += prefix.length + numbers[slot].length + 1;
    }
    const text = Buffer.allocUnsafeSlow(size);
    let end = 0;
    for (let slot = 0; slot < this.prefixes.length; slot++) {
      const prefix = this.prefixes[slot];
      if (prefix === undefined) continue;
      text.set(prefix, end);
      end += prefix.length;
      this.at[slot] = end;
      this.lengths[slot] = numbers[slot].length;
      end += text.write(numbers[slot], end, 'latin1');
      text[end++] = NEWLINE;
    }
    this.text = text;
  }
}
