const KEPT = 2;
/** A page grows by a few bytes from scrape to scrape. */
const SLACK_BYTES = 4096;
/** To send a piece of its own costs as much as to copy some kilobytes. */
export const LONG_BYTES = 64 * 1024;

/** Whose text may be sent from where it stands. */
export interface Lender {
  /** What was rendered last stays as it is until the returned function is called, once. */
  lend(): () => void;
}

export interface Part {
  readonly bytes: Uint8Array;
  /** Absent: copied, however long. */
  readonly lender?: Lender;
}

/** One exposition in pieces, in their order. */
export interface Page {
  readonly parts: readonly Uint8Array[];
  /** The page has been sent, or its scraper is gone: once. */
  release(): void;
}

/**
 * Pages of short texts copied together and of long ones as they stand: a copy of 50,000 series takes 6 MB. The buffers of the
 * copies are used again when a page is sent. With a new one per scrape, V8 collected garbage for half of the CPU of a scrape.
 */
export class PageBuffers {
  private readonly free: Buffer[] = [];

  page(texts: readonly Part[]): Page {
    const copied = texts.reduce((sum, text) => sum + (isLent(text) ? 0 : text.bytes.length), 0);
    const copies = this.take(copied);
    const parts: Uint8Array[] = [];
    const returns: (() => void)[] = [];
    let begin = 0;
    let end = 0;
    const cut = () => {
      if (end > begin) parts.push(copies.subarray(begin, end));
      begin = end;
    };
    for (const text of texts) {
      if (isLent(text)) {
        cut();
        parts.push(text.bytes);
        returns.push(text.lender.lend());
      } else {
        copies.set(text.bytes, end);
        end += text.bytes.length;
      }
    }
    cut();
    const release = () => {
      for (const giveBack of returns) giveBack();
      if (this.free.length < KEPT) this.free.push(copies);
    };
    return { parts, release };
  }

  private take(size: number): Buffer {
    const fitting = this.free.findIndex(({ length }) => length >= size);
    if (fitting >= 0) return this.free.splice(fitting, 1)[0];
    // What is too small now stays too small.
    this.free.length = 0;
    return Buffer.allocUnsafeSlow(size + SLACK_BYTES);
  }
}

function isLent(text: Part): text is Required<Part> {
  return text.lender !== undefined && text.bytes.length >= LONG_BYTES;
}
