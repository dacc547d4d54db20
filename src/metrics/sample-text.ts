import { formatValue } from './number.ts';

const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);

/**
 * The rendered sample lines of one family in one buffer. A number that keeps its length is rewritten in place; a
 * longer one or a new series rebuilds the buffer from the stored prefixes.
 */
export class SampleText {
  private readonly prefixes: (Buffer | undefined)[] = [];
  private readonly free: number[] = [];
  private readonly at: number[] = [];
  private readonly lengths: number[] = [];
  private readonly changed = new Set<number>();
  private readonly readValue: (slot: number) => number;
  private text: Buffer = EMPTY;
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
    this.stale = false;
  }

  render(): Buffer {
    if (this.stale || !this.rewrite()) this.rebuild();
    this.changed.clear();
    this.stale = false;
    return this.text;
  }

  /** False when a number no longer fits its place. */
  private rewrite(): boolean {
    for (const slot of this.changed) {
      const number = formatValue(this.readValue(slot));
      if (number.length !== this.lengths[slot]) return false;
      this.text.write(number, this.at[slot], 'latin1');
    }
    return true;
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
    const text = Buffer.allocUnsafe(size);
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
