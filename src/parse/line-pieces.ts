/** Collects the pieces of one split line; what is beyond the line limit is dropped. */
export class Pieces {
  readonly buffer: Buffer;
  length = 0;
  /** Something was dropped. */
  isCut = false;

  constructor(longest: number) {
    this.buffer = Buffer.allocUnsafe(longest);
  }

  /** Returns true for the first piece. */
  add(buffer: Buffer, start: number, end: number): boolean {
    const first = this.length === 0;
    const room = this.buffer.length - this.length;
    if (end - start > room) this.isCut = true;
    this.length += buffer.copy(this.buffer, this.length, start, Math.min(end, start + room));
    return first;
  }

  clear(): void {
    this.length = 0;
    this.isCut = false;
  }
}
