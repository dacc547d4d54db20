const KEPT = 2;
/** A page grows by a few bytes from scrape to scrape. */
const SLACK_BYTES = 4096;

/**
 * Buffers for whole pages, used again when a page is sent. With a new one per scrape, V8 collected garbage for half of the
 * CPU of a scrape of 5,000 series.
 */
export class PageBuffers {
  private readonly free: Buffer[] = [];

  join(parts: readonly Uint8Array[]): Buffer {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const page = this.take(size);
    let end = 0;
    for (const part of parts) {
      page.set(part, end);
      end += part.length;
    }
    return page.subarray(0, size);
  }

  /** `page` came from `join`, once, and nobody reads it any more. */
  recycle(page: Buffer): void {
    if (this.free.length < KEPT) this.free.push(Buffer.from(page.buffer));
  }

  private take(size: number): Buffer {
    const fitting = this.free.findIndex(({ length }) => length >= size);
    if (fitting >= 0) return this.free.splice(fitting, 1)[0];
    // What is too small now stays too small.
    this.free.length = 0;
    return Buffer.allocUnsafeSlow(size + SLACK_BYTES);
  }
}
