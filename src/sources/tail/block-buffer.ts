const BLOCK_BYTES = 256 * 1024;
/** Beyond the longest line. Some 230 error lines take 20 ms in code that is not compiled yet, and 0.4 ms in compiled code. */
const SPARE_BYTES = 8 * 1024;
const QUICK_MS = 2;
const SLOW_MS = 12;

/**
 * What all files of a tailer are read into, a block at a time. Blocks are small until one was read quickly: a log that was quiet and bursts
 * does not hold up the event loop.
 */
export class BlockBuffer {
  readonly #all = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  readonly #small: Buffer;
  #current: Buffer;

  constructor(lineBytes: number) {
    this.#small = this.#all.subarray(0, lineBytes + SPARE_BYTES);
    this.#current = this.#small;
  }

  /** For the next block. */
  get bytes(): Buffer {
    return this.#current;
  }

  /** Handing over so many bytes of a block took so long. */
  took(bytes: number, ms: number): void {
    if (ms > SLOW_MS) this.#current = this.#small;
    else if (ms < QUICK_MS && bytes > this.#small.length / 2) this.#current = this.#all;
  }
}
