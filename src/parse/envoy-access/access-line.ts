import { readUint } from '../envoy-words.ts';
import { ACCESS_FIELDS, type AccessField, FIELD } from './access-fields.ts';
import { readFlags } from './response-flags.ts';
import type { StartTime } from './start-time.ts';

const NOT_THERE = -1;
const NONE = -2;
const DASH = 45;

/** One request as Envoy logged it. Holds positions only; valid until the next line is read into it. */
export class EnvoyAccessLine {
  /** What the positions are of: the line's own buffer, or one in which escaped values stand unescaped. */
  buffer: Buffer = Buffer.alloc(0);
  /** How this format writes the time; set by the reader. */
  time: StartTime | null = null;
  readonly #starts = new Int32Array(ACCESS_FIELDS.length);
  readonly #ends = new Int32Array(ACCESS_FIELDS.length);

  clear(buffer: Buffer): void {
    if (this.buffer !== buffer) this.buffer = buffer;
    this.#starts.fill(NOT_THERE);
  }

  /** By index into ACCESS_FIELDS. `-` and the empty string are none. */
  set(field: number, start: number, end: number): void {
    const isNone = end === start || (end === start + 1 && this.buffer[start] === DASH);
    this.#starts[field] = isNone ? NONE : start;
    this.#ends[field] = end;
  }

  setNone(field: number): void {
    this.#starts[field] = NONE;
  }

  /** The line has a value. */
  has(field: AccessField): boolean {
    return this.#starts[FIELD[field]] >= 0;
  }

  /** The line says that there is none. False when the format does not have the field. */
  isNone(field: AccessField): boolean {
    return this.#starts[FIELD[field]] === NONE;
  }

  /** Position in `buffer`; negative when there is no value. */
  start(field: AccessField): number {
    return this.#starts[FIELD[field]];
  }

  end(field: AccessField): number {
    return this.#ends[FIELD[field]];
  }

  /** Bytes or milliseconds; NaN without a value. */
  number(field: AccessField): number {
    return this.has(field) ? readUint(this.buffer, this.start(field), this.end(field)) : Number.NaN;
  }

  text(field: AccessField): string | null {
    return this.has(field) ? this.buffer.toString('utf8', this.start(field), this.end(field)) : null;
  }

  /** 0: no answer was begun, or no HTTP. NaN when the format does not have it. */
  get code(): number {
    return this.number('response_code');
  }

  /** Bits of FLAG. */
  get flags(): number {
    const field = this.has('response_flags') ? 'response_flags' : 'response_flags_long';
    return this.has(field) ? readFlags(this.buffer, this.start(field), this.end(field)) : 0;
  }

  /** Milliseconds since the epoch when the request began; NaN when the line does not say. */
  get startMs(): number {
    if (this.time === null || !this.has('start_time')) return Number.NaN;
    return this.time.read(this.buffer, this.start('start_time'), this.end('start_time'));
  }
}
