import { ApiError } from './api-error.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
/** Everything of a list but its items: kind, version, metadata. */
const MOST_ENVELOPE_BYTES = 64 * 1024;

/**
 * Cuts the `items` of a Kubernetes list out of its bytes and parses one at a time: a list of 100 MB is never one string,
 * and never one long stop of the event loop.
 */
export class ListSplitter {
  readonly #mostBytes: number;
  readonly #onItem: (item: unknown) => void;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** 2 from the bracket of `items` to its end. */
  #isInItems = false;
  #isDone = false;
  #envelope = '';
  #parts: Buffer[] = [];
  #itemBytes = 0;

  /** @param mostBytes of one item */
  constructor(mostBytes: number, onItem: (item: unknown) => void) {
    this.#mostBytes = mostBytes;
    this.#onItem = onItem;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#isInString) {
        this.#inString(byte);
        continue;
      }
      if (byte === QUOTE) this.#isInString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        // Where an item begins, and where the items begin, what was before belongs to the envelope.
        if (this.#isInItems ? this.#depth === 2 : byte === OPEN_ARRAY && this.#depth === 1) {
          this.#keep(chunk.subarray(from, at));
          from = at;
          if (!this.#isInItems) this.#isInItems = /"items"\s*:\s*$/.test(this.#envelope);
          if (this.#depth === 1 && this.#isInItems) {
            this.#envelope += '[';
            from = at + 1;
          }
        }
        this.#depth++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth--;
        if (this.#isInItems && this.#depth === 2) {
          this.#keepItem(chunk.subarray(from, at + 1));
          from = at + 1;
          this.#finishItem();
        } else if (this.#isInItems && this.#depth === 1) {
          from = at;
          this.#isInItems = false;
        }
        if (this.#depth === 0) this.#isDone = true;
      }
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** The list without its items. Throws when the body was cut short. */
  finish(): unknown {
    if (!this.#isDone) throw new ApiError('bad_data', 'the list was cut short');
    return parse(this.#envelope);
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #keep(part: Buffer): void {
    if (this.#isInItems) {
      // Commas and blanks between items are dropped.
      if (this.#depth > 2) this.#keepItem(part);
      return;
    }
    this.#envelope += part.toString('latin1');
    if (this.#envelope.length > MOST_ENVELOPE_BYTES) throw new ApiError('bad_data', 'the answer is not a list');
  }

  #keepItem(part: Buffer): void {
    this.#itemBytes += part.length;
    if (this.#itemBytes > this.#mostBytes) {
      throw new ApiError('bad_data', `an object of the list is larger than ${this.#mostBytes} bytes`);
    }
    this.#parts.push(part);
  }

  #finishItem(): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#itemBytes = 0;
    this.#onItem(parse(bytes.toString('utf8')));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, which may hold anything.
    throw new ApiError('bad_data', 'the answer is not JSON');
  }
}
