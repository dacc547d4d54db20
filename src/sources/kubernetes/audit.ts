import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import { listAll, type Selection } from './list.ts';
import type { Listed, ObjectStore } from './object-store.ts';
import { identityOf, isOlder } from './resource-version.ts';
import type { Timing } from './timing.ts';

export interface AuditOptions<T> {
  readonly client: ApiClient;
  readonly selection: Selection;
  readonly read: (value: unknown) => T | null;
  readonly timing: Timing;
  readonly random: () => number;
  readonly store: ObjectStore<T>;
  /** The newest that the store has seen. */
  readonly version: () => string;
  readonly drifted: (objects: number) => void;
  /** The server's versions are behind those that it has given out. */
  readonly wentBack: () => void;
  readonly compared: () => void;
}

interface Snapshot<T> {
  readonly version: string;
  readonly present: ReadonlySet<string>;
  readonly different: ReadonlyMap<string, Listed<T>>;
}

/**
 * Compares the store with a list every now and then, beside the open watch. An object that no event has touched from
 * before the list until some time after it must be as the list says; what is not is a lost event.
 */
export class Audit<T> {
  readonly #options: AuditOptions<T>;
  #isOpen = false;
  /** Grows whenever the watch is interrupted: what is compared over an interruption says nothing. */
  #interruptions = 0;
  #touched: Set<string> | null = null;

  constructor(options: AuditOptions<T>) {
    this.#options = options;
  }

  opened(): void {
    this.#isOpen = true;
  }

  closed(): void {
    this.#isOpen = false;
    this.#interruptions++;
  }

  touched(key: string): void {
    this.#touched?.add(key);
  }

  /** Ends soon after `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { timing, random } = this.#options;
    let waitMs = timing.relistMs;
    while (!signal.aborted) {
      await delay(waitMs * (0.8 + 0.4 * random()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const isCompared = await this.#compare(signal).catch(() => false);
      waitMs = isCompared ? timing.relistMs : timing.relistMs / 10;
    }
  }

  /** False when it could not be done now. */
  async #compare(signal: AbortSignal): Promise<boolean> {
    if (!this.#isOpen) return false;
    const { client, timing, version, wentBack, compared, drifted } = this.#options;
    const interruptions = this.#interruptions;
    const before = version();
    const touched = new Set<string>();
    this.#touched = touched;
    try {
      // Two at once would open a connection more than all the others ever need.
      const snapshot = await client.comparing.take(() => this.#list(before, signal), signal);
      await delay(timing.settleMs, undefined, { signal });
      if (signal.aborted || interruptions !== this.#interruptions) return false;
      if (isOlder(snapshot.version, before)) {
        wentBack();
        return true;
      }
      drifted(this.#repair(snapshot, touched));
      compared();
      return true;
    } finally {
      this.#touched = null;
    }
  }

  async #list(resourceVersion: string, signal: AbortSignal): Promise<Snapshot<T>> {
    const { client, selection, timing, store, read } = this.#options;
    let present = new Set<string>();
    let different = new Map<string, Listed<T>>();
    const version = await listAll(client, {
      ...{ selection, resourceVersion, limit: timing.pageLimit, deadlineMs: timing.listMs, signal },
      begin: () => {
        present = new Set();
        different = new Map();
      },
      item: (item) => {
        const { key, version } = identityOf(item);
        present.add(key);
        if (store.version(key) !== version) different.set(key, { version, object: read(item) });
      },
    });
    return { version, present, different };
  }

  /** How many objects were wrong. */
  #repair({ version, present, different }: Snapshot<T>, touched: ReadonlySet<string>): number {
    const { store } = this.#options;
    let wrong = 0;
    for (const [key, listed] of different) {
      const known = store.version(key);
      const isAsListed = listed.object === null ? known === undefined : known === listed.version;
      if (touched.has(key) || isAsListed) continue;
      store.put(key, listed);
      wrong++;
    }
    for (const key of [...store.keys()]) {
      if (present.has(key) || touched.has(key)) continue;
      store.drop(key, version);
      wrong++;
    }
    return wrong;
  }
}
