import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import { ApiError, asApiError, type RestartReason } from './api-error.ts';
import { Audit } from './audit.ts';
import { listAll, type Selection } from './list.ts';
import { type ChangeSink, type Listed, ObjectStore } from './object-store.ts';
import { Reactions } from './reaction.ts';
import { Replay } from './replay.ts';
import { identityOf, isOlder, metadataOf } from './resource-version.ts';
import type { Timing } from './timing.ts';
import { type EventType, type WatchEnd, watchOnce } from './watch.ts';

export interface ReflectorSink<T> extends ChangeSink<T> {
  /** Everything up to this moment has been handed over. */
  current(atMs: number): void;
  restarted(reason: RestartReason): void;
  /** So many objects were not as a list says they should be; they are now. Must stay 0. */
  drifted(objects: number): void;
}

export interface ReflectorOptions<T> {
  readonly client: ApiClient;
  readonly selection: Selection;
  /** Keeps what is needed of an object, null when it is of no interest. Nothing else of it is held. */
  readonly read: (value: unknown) => T | null;
  readonly sink: ReflectorSink<T>;
  readonly timing: Timing;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** [0, 1) */
  readonly random?: () => number;
}

export interface ReflectorState {
  readonly isSynced: boolean;
  /** Milliseconds since the epoch; null before the first. */
  readonly lastCurrentMs: number | null;
  readonly lastSyncMs: number | null;
  readonly objects: number;
  /** Why it is not connected now; null when it is. */
  readonly problem: ApiError | null;
  /** Since when it is not; null when it is. */
  readonly failingSinceMs: number | null;
}

/**
 * Keeps a sink equal to a selection of the API server's objects: list, watch, and whatever it takes to go on
 * (client-go tools/cache/reflector.go). Nothing ends it but `stop`.
 */
export class Reflector<T> {
  readonly #options: Required<ReflectorOptions<T>>;
  readonly #stopping = new AbortController();
  readonly #reactions: Reactions;
  readonly #store: ObjectStore<T>;
  readonly #audit: Audit<T>;
  #running: Promise<unknown> | undefined;
  #cut = new AbortController();
  #again = new AbortController();
  #needsList = true;
  /** '0': what the server has at hand will do for the first list. */
  #version = '0';
  readonly #replay: Replay;
  #isSynced = false;
  /** When the open watch last said anything, its opening included. */
  #heardMs = 0;
  #lastCurrentMs: number | null = null;
  #lastSyncMs: number | null = null;
  #problem: ApiError | null = null;
  #failingSinceMs: number | null = null;

  constructor(options: ReflectorOptions<T>) {
    this.#options = { now: Date.now, random: Math.random, ...options };
    this.#reactions = new Reactions(options.timing, this.#options.random);
    this.#store = new ObjectStore(options.sink);
    this.#replay = new Replay(options.timing.quietMs, () => this.#current(this.#heardMs));
    this.#audit = new Audit({
      ...{ client: options.client, selection: options.selection, read: options.read, timing: options.timing },
      random: this.#options.random,
      store: this.#store,
      version: () => this.#version,
      drifted: (objects) => options.sink.drifted(objects),
      wentBack: () => this.#cut.abort(),
      compared: () => {
        this.#lastSyncMs = this.#options.now();
      },
    });
  }

  get state(): ReflectorState {
    return {
      isSynced: this.#isSynced,
      lastCurrentMs: this.#lastCurrentMs,
      lastSyncMs: this.#lastSyncMs,
      objects: this.#store.size,
      problem: this.#problem,
      failingSinceMs: this.#failingSinceMs,
    };
  }

  start(): void {
    this.#running ??= Promise.all([this.#run(), this.#audit.run(this.#stopping.signal)]);
  }

  /** After it nothing reaches the sink any more, whatever was under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Opens the watch anew from the last version: what it does not bring then has not happened. */
  confirm(): void {
    this.#again.abort();
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#needsList) await this.#list();
        if (this.#isStopped) return;
        this.#options.sink.restarted(await this.#watch());
      } catch (error) {
        if (this.#isStopped) return;
        const waitMs = this.#failed(error);
        await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      }
    }
  }

  async #list(): Promise<void> {
    const { client, selection, timing, read } = this.#options;
    let next = new Map<string, Listed<T> | null>();
    let begun = 0;
    const version = await listAll(client, {
      ...{ selection, resourceVersion: this.#version, limit: timing.pageLimit, deadlineMs: timing.listMs },
      signal: this.#stopping.signal,
      begin: () => {
        next = new Map();
        begun++;
      },
      item: (item) => {
        const { key, version } = identityOf(item);
        // A server that has lost its versions may give the same one to something else.
        const isUnchanged = begun === 1 && this.#version !== '' && this.#store.version(key) === version;
        next.set(key, isUnchanged ? null : { version, object: read(item) });
      },
    });
    await this.#store.replace(next, version, this.#stopping.signal);
    if (this.#isStopped) return;
    this.#version = version;
    this.#needsList = false;
    this.#isSynced = true;
    this.#lastSyncMs = this.#options.now();
    this.#connected();
    this.#current();
  }

  async #watch(): Promise<WatchEnd> {
    const { client, selection, timing, random } = this.#options;
    this.#cut = new AbortController();
    this.#again = new AbortController();
    let openedMs: number | null = null;
    let events = 0;
    try {
      const end = await watchOnce(client, {
        ...{ selection, timing, random, resourceVersion: this.#version },
        signal: AbortSignal.any([this.#stopping.signal, this.#cut.signal]),
        again: this.#again.signal,
        started: () => {
          openedMs = performance.now();
          this.#heardMs = this.#options.now();
          this.#connected();
          this.#audit.opened();
          this.#replay.opened();
        },
        event: (type, object) => {
          events++;
          this.#heardMs = this.#options.now();
          this.#replay.event();
          this.#take(type, object);
        },
      });
      const lastedMs = performance.now() - (openedMs ?? 0);
      if (end === 'ended' && events === 0 && lastedMs < timing.shortestWatchMs)
        throw new ApiError('reset', 'the watch ended as soon as it began');
      return end;
    } finally {
      this.#replay.closed();
      this.#audit.closed();
      if (openedMs !== null) this.#reactions.watched(performance.now() - openedMs);
    }
  }

  #take(type: EventType, object: unknown): void {
    if (this.#isStopped) return;
    if (type === 'BOOKMARK') {
      const { resourceVersion } = metadataOf(object);
      if (typeof resourceVersion === 'string' && resourceVersion !== '') this.#advance(resourceVersion);
    } else {
      const identity = identityOf(object);
      this.#audit.touched(identity.key);
      if (type === 'DELETED') this.#store.remove(identity);
      else this.#store.change(identity, this.#options.read(object));
      this.#advance(identity.version);
    }
    if (this.#replay.isOver) this.#current();
  }

  #advance(version: string): void {
    if (!isOlder(version, this.#version)) this.#version = version;
  }

  #connected(): void {
    this.#problem = null;
    this.#failingSinceMs = null;
    this.#reactions.answered();
  }

  /** After a pause the store is what the server had when it was last heard: whether it still speaks is not known. */
  #current(atMs = this.#options.now()): void {
    this.#lastCurrentMs = atMs;
    this.#options.sink.current(this.#lastCurrentMs);
  }

  /** How long to wait. */
  #failed(thrown: unknown): number {
    const hasGoneBack = this.#cut.signal.aborted;
    const error = hasGoneBack ? new ApiError('version_went_back', 'resourceVersions began again') : asApiError(thrown);
    if (!hasGoneBack) {
      this.#problem = error;
      this.#failingSinceMs ??= this.#options.now();
    }
    this.#cut = new AbortController();
    this.#options.sink.restarted(error.reason);
    const { waitMs, needsList, isVersionVoid, needsCredentials } = this.#reactions.to(error);
    if (needsList) this.#needsList = true;
    if (isVersionVoid) this.#version = '';
    if (needsCredentials) this.#options.client.refresh();
    return waitMs;
  }
}
