const NEWLINE = 10;
/** Some 80 error lines: 8 ms in code that is not compiled yet, 0.1 ms in compiled code. */
const LEAST_BYTES = 24 * 1024;
/** What is read of a file at once. */
export const BLOCK_BYTES = 256 * 1024;
const QUICK_MS = 2;
const SLOW_MS = 12;

/**
 * How much of what was read is handed over at once: little until it was taken quickly, so that a log that was quiet and bursts does not hold up
 * the event loop. One for all files of a tailer.
 */
export class ChunkPace {
  #bytes = LEAST_BYTES;

  /**
   * Hands over whole lines of [start, end), or all of it where `take` can do nothing with them alone. Returns where it stopped, and how many bytes
   * from `start` were taken.
   */
  handOver(
    buffer: Buffer,
    start: number,
    end: number,
    take: (end: number) => number,
  ): { readonly end: number; readonly used: number } {
    const startedMs = performance.now();
    const cut = this.#cut(buffer, start, end);
    const used = take(cut);
    this.#took(cut - start, performance.now() - startedMs);
    return used === 0 && cut < end ? { end, used: take(end) } : { end: cut, used };
  }

  #cut(buffer: Buffer, start: number, end: number): number {
    if (end - start <= this.#bytes) return end;
    const newline = buffer.lastIndexOf(NEWLINE, start + this.#bytes - 1);
    return newline < start ? end : newline + 1;
  }

  #took(bytes: number, ms: number): void {
    if (ms > SLOW_MS) this.#bytes = Math.max(LEAST_BYTES, this.#bytes / 2);
    else if (ms < QUICK_MS && bytes > this.#bytes / 2) this.#bytes = Math.min(BLOCK_BYTES, this.#bytes * 2);
  }
}
