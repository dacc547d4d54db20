import { digest, TAIL_BYTES } from './identity.ts';

/** The bytes before the offset of a file that is being read. Where they are no longer there, the file was rewritten. */
export class ReadTail {
  #length: number;
  /** The digest that they must have, until they were read for the first time. */
  #expected: string | undefined;
  readonly #bytes = Buffer.alloc(TAIL_BYTES);

  /** Of what was read up to `offset` by somebody else, with this digest. */
  constructor(offset: number, expected: string) {
    this.#length = Math.min(TAIL_BYTES, offset);
    this.#expected = offset === 0 ? undefined : expected;
  }

  get length(): number {
    return this.#length;
  }

  /** Not a digest alone. */
  get isKnown(): boolean {
    return this.#expected === undefined;
  }

  digest(): string {
    return this.#expected ?? digest(this.#bytes.subarray(0, this.#length));
  }

  /** Does `buffer` begin with them? */
  begins(buffer: Buffer): boolean {
    if (this.#expected === undefined) return buffer.compare(this.#bytes, 0, this.#length, 0, this.#length) === 0;
    if (digest(buffer.subarray(0, this.#length)) !== this.#expected) return false;
    buffer.copy(this.#bytes, 0, 0, this.#length);
    this.#expected = undefined;
    return true;
  }

  /** The offset is at index `to` of the buffer now. */
  moveTo(buffer: Buffer, to: number): void {
    const begin = Math.max(0, to - TAIL_BYTES);
    buffer.copy(this.#bytes, 0, begin, to);
    this.#length = to - begin;
    this.#expected = undefined;
  }

  clear(): void {
    this.#length = 0;
    this.#expected = undefined;
  }
}
