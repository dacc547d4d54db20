import { setImmediate as nextTurn } from 'node:timers/promises';
import { isOlder, type ObjectIdentity } from './resource-version.ts';

/** The longest stretch of handing over objects before other work has its turn. */
const SLICE_MS = 10;
/** Deletions that are remembered, so that a late event does not bring the object back. */
const MOST_TOMBSTONES = 1000;

/** What a list says of one object; `object` null: it is of no interest. */
export interface Listed<T> {
  readonly version: string;
  readonly object: T | null;
}

export interface ChangeSink<T> {
  set(key: string, version: string, object: T): void;
  delete(key: string, version: string): void;
}

/** Keys and versions of what the sink has been told; the objects themselves are the sink's. */
export class ObjectStore<T> {
  readonly #sink: ChangeSink<T>;
  readonly #versions = new Map<string, string>();
  readonly #tombstones = new Map<string, string>();

  constructor(sink: ChangeSink<T>) {
    this.#sink = sink;
  }

  get size(): number {
    return this.#versions.size;
  }

  keys(): IterableIterator<string> {
    return this.#versions.keys();
  }

  version(key: string): string | undefined {
    return this.#versions.get(key);
  }

  /** An event; one that comes twice or too late changes nothing. */
  change({ key, version }: ObjectIdentity, object: T | null): void {
    const known = this.#versions.get(key) ?? this.#tombstones.get(key);
    if (known !== undefined && (known === version || isOlder(version, known))) return;
    if (object === null) this.remove({ key, version });
    else this.put(key, { version, object });
  }

  remove({ key, version }: ObjectIdentity): void {
    const known = this.#versions.get(key);
    if (known !== undefined && isOlder(version, known)) return;
    this.#bury(key, version);
    if (known !== undefined) this.drop(key, version);
  }

  /** What a list says holds, whatever was known. */
  put(key: string, { version, object }: Listed<T>): void {
    if (object === null) {
      if (this.#versions.has(key)) this.drop(key, version);
      return;
    }
    this.#versions.set(key, version);
    this.#sink.set(key, version, object);
  }

  drop(key: string, version: string): void {
    this.#versions.delete(key);
    this.#sink.delete(key, version);
  }

  /**
   * A whole list takes the place of what was known; null: as it was. New and changed ones first, then those that are gone:
   * never an empty store in between. Pauses for other work, and stops when `signal` aborts.
   */
  async replace(next: ReadonlyMap<string, Listed<T> | null>, version: string, signal: AbortSignal): Promise<void> {
    let sinceMs = performance.now();
    const pause = async () => {
      await nextTurn();
      sinceMs = performance.now();
    };
    for (const [key, listed] of next) {
      if (signal.aborted) return;
      if (listed !== null) this.put(key, listed);
      if (performance.now() - sinceMs > SLICE_MS) await pause();
    }
    for (const key of [...this.#versions.keys()]) {
      if (signal.aborted) return;
      if (!next.has(key)) this.drop(key, version);
      if (performance.now() - sinceMs > SLICE_MS) await pause();
    }
    // Versions may have begun again.
    this.#tombstones.clear();
  }

  #bury(key: string, version: string): void {
    this.#tombstones.delete(key);
    this.#tombstones.set(key, version);
    if (this.#tombstones.size <= MOST_TOMBSTONES) return;
    for (const oldest of this.#tombstones.keys()) {
      this.#tombstones.delete(oldest);
      return;
    }
  }
}
