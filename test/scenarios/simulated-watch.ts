import type { ClusterObjects, ClusterResource, ClusterSink } from '../../src/contract/cluster.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

export interface WatchOptions {
  readonly time: SimulatedTime;
  readonly random: Random;
  /** From a write to when it is heard of. */
  readonly mostDelayMs: number;
  readonly bookmarkMs: number;
}

interface Change<T> {
  readonly key: string;
  readonly version: number;
  /** Null: it is gone. */
  readonly object: T | null;
}

type Said<T> = Change<T> | 'bookmark';

const QUIET_MS = 1_000;

/** One resource of an API server and what a watcher of some of its namespaces hears of it: late, in order, with outages. */
export class SimulatedWatch<R extends ClusterResource> {
  readonly #options: WatchOptions;
  readonly #resource: R;
  readonly #objects = new Map<string, Change<ClusterObjects[R]>>();
  readonly #queue: Said<ClusterObjects[R]>[] = [];
  readonly #namespaces = new Set<string>();
  /** Versions that the sink has been told. */
  readonly #known = new Map<string, number>();
  #sink: ClusterSink | null = null;
  #version = 0;
  #deliveredMs = 0;
  isOut = false;
  #pendingLists = 0;
  /** Of what was missed, so much is still to come: the exporter does not take what it has for current. */
  #replaying = 0;
  #caughtUp: (() => void) | undefined;

  constructor(resource: R, options: WatchOptions) {
    this.#resource = resource;
    this.#options = options;
    this.#bookmark();
  }

  /** What is written from now on, and what is there, goes to this sink, for namespaces that are listed. */
  connect(sink: ClusterSink): void {
    this.#sink = sink;
    this.#namespaces.clear();
    this.#known.clear();
    this.#pendingLists = 0;
    sink.expect(this.#resource);
  }

  write(key: string, object: ClusterObjects[R] | null): void {
    const change = { key, object, version: ++this.#version };
    this.#objects.set(key, change);
    this.#enqueue(change);
  }

  hasListed(key: string): boolean {
    return this.#namespaces.has(key.slice(0, key.indexOf('/')));
  }

  /** A plan with another namespace: nothing is current before that has been listed. */
  expectMore(): void {
    this.#pendingLists++;
  }

  list(namespaces: readonly string[]): void {
    for (const namespace of namespaces) this.#namespaces.add(namespace);
    for (const change of this.#objects.values()) this.#apply(change);
    this.#pendingLists--;
    this.#current();
  }

  cutOff(): void {
    this.isOut = true;
    this.#replaying = 0;
    this.#sink?.interrupted(this.#resource);
  }

  /** `resume`: what was missed comes one by one; `list`: all at once. `caughtUp` is called when all of it has come. */
  restore(how: 'resume' | 'list', caughtUp: () => void): void {
    this.isOut = false;
    this.#caughtUp = caughtUp;
    if (how === 'list') {
      this.#queue.length = 0;
      const [set, gone] = [[] as Change<ClusterObjects[R]>[], [] as Change<ClusterObjects[R]>[]];
      for (const change of this.#objects.values()) (change.object === null ? gone : set).push(change);
      for (const change of [...set, ...gone]) this.#apply(change);
      this.#current();
    }
    const left = this.#queue.length;
    this.#replaying = left;
    // An open watch that stays quiet has nothing to tell.
    if (how === 'list' || left === 0) this.#options.time.after(QUIET_MS, () => this.#endReplay());
    for (let at = 0; at < left; at++) this.#scheduleDelivery();
  }

  #bookmark(): void {
    const { time, random, bookmarkMs } = this.#options;
    time.after(random.int(bookmarkMs / 2, bookmarkMs), () => {
      this.#enqueue('bookmark');
      this.#bookmark();
    });
  }

  #enqueue(said: Said<ClusterObjects[R]>): void {
    this.#queue.push(said);
    if (!this.isOut) this.#scheduleDelivery();
  }

  #scheduleDelivery(): void {
    const { time, random, mostDelayMs } = this.#options;
    this.#deliveredMs = Math.max(this.#deliveredMs, time.now() + random.int(0, mostDelayMs));
    time.at(this.#deliveredMs, () => {
      if (this.isOut) return;
      const said = this.#queue.shift();
      if (said === undefined) return;
      if (said !== 'bookmark') this.#apply(said);
      if (this.#replaying > 0) this.#replaying--;
      if (this.#replaying === 0) this.#endReplay();
    });
  }

  #endReplay(): void {
    if (this.isOut || this.#replaying > 0) return;
    this.#current();
    this.#caughtUp?.();
    this.#caughtUp = undefined;
  }

  #apply({ key, version, object }: Change<ClusterObjects[R]>): void {
    const namespace = key.slice(0, key.indexOf('/'));
    if (!this.#namespaces.has(namespace) || (this.#known.get(key) ?? 0) >= version) return;
    this.#known.set(key, version);
    if (object === null) this.#sink?.delete(this.#resource, key);
    else this.#sink?.set(this.#resource, object);
  }

  #current(): void {
    if (this.#pendingLists === 0 && this.#namespaces.size > 0) {
      this.#sink?.current(this.#resource, this.#options.time.now());
    }
  }
}
