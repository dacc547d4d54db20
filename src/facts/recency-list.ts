/** What stands in a `RecencyList`, and in no other one; only the list writes these. */
export interface Listed<T> {
  older: T | undefined;
  newer: T | undefined;
}

/**
 * Those that were touched longest ago first. Touching one again is four assignments: a Set of which everything is deleted and added
 * again and again is copied as often.
 */
export class RecencyList<T extends Listed<T>> implements Iterable<T> {
  #oldest: T | undefined;
  #newest: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Touched longest ago; undefined: there is none. */
  get oldest(): T | undefined {
    return this.#oldest;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let one = this.#oldest; one !== undefined; one = one.newer) yield one;
  }

  add(one: T): void {
    one.older = this.#newest;
    one.newer = undefined;
    if (this.#newest === undefined) this.#oldest = one;
    else this.#newest.newer = one;
    this.#newest = one;
    this.#size++;
  }

  touch(one: T): void {
    if (one === this.#newest) return;
    this.delete(one);
    this.add(one);
  }

  /** One that stands in it. */
  delete(one: T): void {
    const { older, newer } = one;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    one.older = undefined;
    one.newer = undefined;
    this.#size--;
  }
}
