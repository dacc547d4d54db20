import type { Writers } from '../contract/metrics.ts';
import type { ApiClient } from '../sources/kubernetes/api-client.ts';
import { Reflector, type ReflectorState } from '../sources/kubernetes/reflector.ts';
import { isOlder } from '../sources/kubernetes/resource-version.ts';
import type { ApiResource } from '../sources/kubernetes/resources.ts';
import type { Timing } from '../sources/kubernetes/timing.ts';
import type { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import type { Filter, PlannedWatch } from './kubernetes-plan.ts';

/** Where the objects of one resource go. */
export interface WatchSink<T> {
  /** `isNews`: it has come or changed since all was read; false for what a first list brings. */
  set(object: T, isNews: boolean): void;
  /** `key`: `namespace/name` */
  delete(key: string): void;
  expect?(): void;
  current?(atMs: number): void;
  interrupted?(): void;
  forget(): void;
}

export interface ResourceWatchesOptions<T> {
  readonly resource: ApiResource;
  /** Null: it is of no interest. */
  readonly read: (value: unknown) => T | null;
  /** Whether the filter of a watch lets it through. */
  readonly passes: (object: T, filter: Filter) => boolean;
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly sink: WatchSink<T>;
  readonly metrics: Writers<typeof KUBERNETES_METRICS>;
  readonly now: () => number;
}

export interface WatchState extends ReflectorState {
  readonly watch: PlannedWatch;
}

interface Known {
  version: string;
  /** Ids of the watches that see it, which is mostly one. */
  readonly seenBy: string[];
}

interface Seen<T> {
  readonly key: string;
  readonly version: string;
  readonly object: T;
}

interface Running {
  readonly watch: PlannedWatch;
  readonly reflector: Reflector<unknown>;
}

/** All watches of one resource. New ones are up before old ones go; an object that two of them see is one object. */
export class ResourceWatches<T> {
  readonly #options: ResourceWatchesOptions<T>;
  readonly #known = new Map<string, Known>();
  /** What the sink holds comes from these. */
  #active = new Map<string, Running>();
  /** These are to take their place; null when there is no change under way. */
  #next: Map<string, Running> | null = null;

  constructor(options: ResourceWatchesOptions<T>) {
    this.#options = options;
  }

  get resource(): ApiResource {
    return this.#options.resource;
  }

  get objects(): number {
    return this.#known.size;
  }

  /** All that is planned has been read. */
  get isSynced(): boolean {
    return this.#next === null && [...this.#active.values()].every(({ reflector }) => reflector.state.isSynced);
  }

  /** Of the watches that are planned. */
  states(): WatchState[] {
    const planned = this.#next ?? this.#active;
    return [...planned.values()].map(({ watch, reflector }) => ({ watch, ...reflector.state }));
  }

  want(watches: readonly PlannedWatch[]): void {
    const before = this.#next ?? new Map<string, Running>();
    if (watches.length === 0) {
      void this.stop();
      return;
    }
    this.#options.sink.expect?.();
    this.#options.metrics.drift.inc({ resource: this.resource }, 0);
    const next = new Map<string, Running>();
    for (const watch of watches) {
      next.set(watch.id, this.#active.get(watch.id) ?? before.get(watch.id) ?? this.#start(watch));
    }
    this.#next = next;
    for (const [id, running] of before) if (!next.has(id) && !this.#active.has(id)) this.#drop(id, running);
    this.#promote();
  }

  /** Asks once more where nothing has been said since `sinceMs`. */
  confirm(sinceMs: number): void {
    for (const { reflector } of this.#active.values()) {
      const { isSynced, lastCurrentMs } = reflector.state;
      if (isSynced && lastCurrentMs !== null && lastCurrentMs < sinceMs) reflector.confirm();
    }
  }

  /** Nothing is known any more. Ends when nothing is under way. */
  async stop(): Promise<void> {
    const all = new Map([...this.#active, ...(this.#next ?? [])]);
    this.#active = new Map();
    this.#next = null;
    this.#known.clear();
    if (all.size > 0) this.#options.sink.forget();
    await Promise.all([...all.values()].map(({ reflector }) => reflector.stop()));
  }

  #start(watch: PlannedWatch): Running {
    const { client, timing, read, passes, metrics, now, resource, sink } = this.#options;
    const { id, filter, selection } = watch;
    const reflector = new Reflector<T>({
      ...{ client, timing, selection, now },
      read: (value) => {
        const object = read(value);
        return object !== null && passes(object, filter) ? object : null;
      },
      sink: {
        set: (key, version, object) => this.#set(id, { key, version, object }, reflector.state.isSynced),
        delete: (key) => this.#unsee(id, key),
        current: () => this.#promote(),
        restarted: (reason) => {
          metrics.restarts.inc({ resource, reason });
          if (reason !== 'ended' && reason !== 'confirm') sink.interrupted?.();
        },
        drifted: (objects) => metrics.drift.inc({ resource }, objects),
      },
    });
    reflector.start();
    return { watch, reflector };
  }

  #set(id: string, { key, version, object }: Seen<T>, isNews: boolean): void {
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, { version, seenBy: [id] });
    else {
      if (!known.seenBy.includes(id)) known.seenBy.push(id);
      // A watch that lags behind another one has nothing to add.
      if (isOlder(version, known.version) && known.seenBy.length > 1) return;
      known.version = version;
    }
    this.#options.sink.set(object, isNews);
  }

  #unsee(id: string, key: string): void {
    const known = this.#known.get(key);
    const at = known?.seenBy.indexOf(id) ?? -1;
    if (known === undefined || at < 0) return;
    known.seenBy.splice(at, 1);
    if (known.seenBy.length > 0) return;
    this.#known.delete(key);
    this.#options.sink.delete(key);
  }

  #drop(id: string, { reflector }: Running): void {
    void reflector.stop();
    for (const key of [...this.#known.keys()]) this.#unsee(id, key);
  }

  /** The new watches have all read what they watch: the old ones go. And what is known now, is said. */
  #promote(): void {
    if (this.#next !== null) {
      if (![...this.#next.values()].every(({ reflector }) => reflector.state.isSynced)) return;
      const [before, next] = [this.#active, this.#next];
      this.#active = next;
      this.#next = null;
      for (const [id, running] of before) if (!next.has(id)) this.#drop(id, running);
    }
    const since = this.lastCurrentMs;
    if (since !== null) this.#options.sink.current?.(since);
  }

  /** Until when all watches know everything; null when one of them does not, or when they do not cover what is planned. */
  get lastCurrentMs(): number | null {
    return this.#next === null
      ? earliest([...this.#active.values()].map(({ reflector }) => reflector.state.lastCurrentMs))
      : null;
  }

  get lastSyncMs(): number | null {
    return earliest([...this.#active.values()].map(({ reflector }) => reflector.state.lastSyncMs));
  }
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 || known.length < moments.length ? null : Math.min(...known);
}
