import { digest, HEAD_BYTES, type Head, startsWithHead } from './identity.ts';

/** Twice what one scan of siblings looks at, so that no file still on disk is forgotten. */
const CAPACITY = 128;
/** A shorter head proves nothing about a file that is longer. */
const TELLING_BYTES = 64;

/** Heads of generations that are done with, least recently seen first. Whatever sibling is not in here has not been read. */
export class KnownHeads {
  readonly #heads = new Set<string>();

  add(head: Head): void {
    if (head.length === 0) return;
    const key = `${head.length}.${head.hash}`;
    this.#heads.delete(key);
    this.#heads.add(key);
    for (const oldest of this.#heads) {
      if (this.#heads.size <= CAPACITY) break;
      this.#heads.delete(oldest);
    }
  }

  /** `start`: the first HEAD_BYTES of the file, or all of it. */
  has(start: Uint8Array): boolean {
    const head = start.subarray(0, HEAD_BYTES);
    if (this.#heads.has(`${head.length}.${digest(head)}`)) return true;
    for (const key of this.#heads) {
      const [length, hash] = key.split('.');
      const known = { length: Number(length), hash };
      if (known.length >= TELLING_BYTES && known.length < head.length && startsWithHead(head, known)) return true;
    }
    return false;
  }

  save(): string[] {
    return [...this.#heads];
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const key of saved.slice(-CAPACITY)) if (typeof key === 'string' && key.length < 40) this.#heads.add(key);
  }
}
