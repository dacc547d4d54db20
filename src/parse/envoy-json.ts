import type { WordTable } from './envoy-words.ts';

export class EnvoyParseError extends Error {
  constructor(what: string, offset: number) {
    super(`Envoy answer: ${what} at byte ${offset}`);
    this.name = 'EnvoyParseError';
  }
}

/** A string (without its quotes), number or literal as bytes; valid only during the call. */
export interface JsonSlice {
  buffer: Buffer;
  start: number;
  end: number;
  isString: boolean;
  /** The string has backslash escapes. */
  escaped: boolean;
}

/** Receives one document. `kind` is what the consumer returned from `open` for the container; 0 skips a subtree. */
export interface JsonConsumer {
  /** `key` is the word's number in the table, 0 for other keys and for array elements. Returns the new container's kind. */
  open(parentKind: number, key: number): number;
  close(kind: number): void;
  scalar(kind: number, key: number, slice: JsonSlice): void;
}

export const MAX_JSON_DEPTH = 32;
export const MAX_JSON_TOKEN_BYTES = 64 * 1024;

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const DONE = 6;
const QUOTE = 0x22;

function isScalarByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x45
  );
}

const SCALAR = /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/;

/**
 * Streaming JSON reader on bytes: keeps nothing but the open containers' kinds and an unfinished token, so a document of
 * any size costs the same memory. Throws `EnvoyParseError` with the byte offset on anything that is not JSON.
 */
export class JsonStream {
  readonly #keys: WordTable;
  readonly #consumer: JsonConsumer;
  readonly #kinds = new Uint8Array(MAX_JSON_DEPTH + 1);
  readonly #isArray = new Uint8Array(MAX_JSON_DEPTH + 1);
  readonly #slice: JsonSlice = { buffer: Buffer.alloc(0), start: 0, end: 0, isString: false, escaped: false };
  #depth = 0;
  #state = VALUE;
  #key = 0;
  /** Begins with the unfinished token of the last chunk. */
  #scratch: Buffer = Buffer.alloc(0);
  #restLength = 0;
  /** Offset in the document of the first byte of the buffer in hand. */
  #offset = 0;

  constructor(keys: WordTable, consumer: JsonConsumer) {
    this.#keys = keys;
    this.#consumer = consumer;
  }

  push(chunk: Buffer): void {
    const buffer = this.#join(chunk);
    const stop = this.#scan(buffer);
    const left = buffer.length - stop;
    this.#offset += stop;
    if (left > MAX_JSON_TOKEN_BYTES) throw this.#error(`token over ${MAX_JSON_TOKEN_BYTES} bytes`, 0);
    if (left > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(left);
    buffer.copy(this.#scratch, 0, stop);
    this.#restLength = left;
  }

  /** The unfinished token and the chunk in one piece, in memory that is used again and again. */
  #join(chunk: Buffer): Buffer {
    const length = this.#restLength + chunk.length;
    if (this.#restLength === 0) return chunk;
    if (length > this.#scratch.length) {
      const larger = Buffer.allocUnsafeSlow(length);
      this.#scratch.copy(larger, 0, 0, this.#restLength);
      this.#scratch = larger;
    }
    chunk.copy(this.#scratch, this.#restLength);
    return this.#scratch.subarray(0, length);
  }

  /** Call at the end of the body; throws when the document is not complete. */
  end(): void {
    if (this.#state !== DONE || this.#restLength > 0)
      throw this.#error(`document ends early inside ${this.#depth} open containers`, this.#restLength);
  }

  #error(what: string, position: number): EnvoyParseError {
    return new EnvoyParseError(what, this.#offset + position);
  }

  /** Consumes whole tokens; returns where the first unfinished one starts. */
  #scan(buffer: Buffer): number {
    const length = buffer.length;
    let position = 0;
    while (position < length) {
      let byte = buffer[position];
      // Envoy indents: half of the document is spaces.
      while (byte === 0x20 && position + 1 < length) byte = buffer[++position];
      if (byte === 0x0a || byte === 0x20 || byte === 0x0d || byte === 0x09) {
        position++;
        continue;
      }
      const next = byte === QUOTE ? this.#scanString(buffer, position) : this.#scanOther(buffer, position, byte);
      if (next < 0) return position;
      position = next;
    }
    return position;
  }

  #scanOther(buffer: Buffer, position: number, byte: number): number {
    const state = this.#state;
    if (byte === 0x2c && state === COMMA_OR_END) this.#state = this.#isArray[this.#depth] === 1 ? VALUE : KEY;
    else if (byte === 0x3a && state === COLON) this.#state = VALUE;
    else if ((byte === 0x7b || byte === 0x5b) && (state === VALUE || state === VALUE_OR_END))
      this.#open(byte === 0x5b, position);
    else if (byte === 0x7d || byte === 0x5d) this.#close(byte === 0x5d, position);
    else if (state === VALUE || state === VALUE_OR_END) return this.#scanScalar(buffer, position);
    else throw this.#error(`unexpected byte 0x${byte.toString(16)}`, position);
    return position + 1;
  }

  #open(isArray: boolean, position: number): void {
    const parent = this.#kinds[this.#depth];
    if (this.#depth === MAX_JSON_DEPTH) throw this.#error(`nesting over ${MAX_JSON_DEPTH} levels`, position);
    const kind = this.#depth === 0 || parent !== 0 ? this.#consumer.open(parent, this.#key) : 0;
    this.#depth++;
    this.#kinds[this.#depth] = kind;
    this.#isArray[this.#depth] = isArray ? 1 : 0;
    this.#key = 0;
    this.#state = isArray ? VALUE_OR_END : KEY_OR_END;
  }

  #close(isArray: boolean, position: number): void {
    const expected = isArray ? VALUE_OR_END : KEY_OR_END;
    const fits = this.#depth > 0 && (this.#isArray[this.#depth] === 1) === isArray;
    if (!fits || (this.#state !== COMMA_OR_END && this.#state !== expected))
      throw this.#error('unexpected closing bracket', position);
    const kind = this.#kinds[this.#depth--];
    if (kind !== 0) this.#consumer.close(kind);
    this.#endValue();
  }

  #endValue(): void {
    this.#key = 0;
    this.#state = this.#depth === 0 ? DONE : COMMA_OR_END;
  }

  #scanString(buffer: Buffer, position: number): number {
    const length = buffer.length;
    let end = position + 1;
    let escaped = false;
    for (; ; end++) {
      if (end >= length) return -1;
      const byte = buffer[end];
      // Lower case letters and underscores, most of every string, are above the backslash.
      if (byte > 0x5c) continue;
      if (byte === QUOTE) break;
      if (byte === 0x5c) {
        escaped = true;
        end++;
      } else if (byte < 0x20) throw this.#error('control byte in a string', end);
    }
    if (this.#state === KEY || this.#state === KEY_OR_END) {
      const isWanted = this.#kinds[this.#depth] !== 0 && !escaped;
      this.#key = isWanted ? this.#keys.find(buffer, position + 1, end) : 0;
      this.#state = COLON;
    } else if (this.#state === VALUE || this.#state === VALUE_OR_END) {
      this.#slice.isString = true;
      this.#slice.escaped = escaped;
      this.#emit(buffer, position + 1, end);
    } else throw this.#error('unexpected string', position);
    return end + 1;
  }

  #scanScalar(buffer: Buffer, position: number): number {
    let end = position;
    while (end < buffer.length && isScalarByte(buffer[end])) end++;
    if (end === position) throw this.#error(`unexpected byte 0x${buffer[position].toString(16)}`, position);
    // A document that is one bare number never ends by itself; Envoy's are objects.
    if (end === buffer.length) return -1;
    if (end - position > 40 || !this.#isScalar(buffer, position, end))
      throw this.#error('malformed number or literal', position);
    this.#slice.isString = false;
    this.#slice.escaped = false;
    this.#emit(buffer, position, end);
    return end;
  }

  #isScalar(buffer: Buffer, start: number, end: number): boolean {
    const first = buffer[start];
    // The common case, a short integer, without making a string.
    let onlyDigits = first !== 0x30 || end - start === 1;
    for (let i = start; onlyDigits && i < end; i++) onlyDigits = buffer[i] >= 0x30 && buffer[i] <= 0x39;
    return onlyDigits || SCALAR.test(buffer.toString('latin1', start, end));
  }

  #emit(buffer: Buffer, start: number, end: number): void {
    const kind = this.#kinds[this.#depth];
    if (kind !== 0) {
      const slice = this.#slice;
      slice.buffer = buffer;
      slice.start = start;
      slice.end = end;
      this.#consumer.scalar(kind, this.#key, slice);
    }
    this.#endValue();
  }
}
