/** The memory of the fake API server: objects, one resourceVersion over all of them, and a bounded window of events. */
import { randomUUID } from 'node:crypto';
import type { KubernetesObject } from './objects.ts';
import type { ResourceType } from './resources.ts';
import { typeOf } from './resources.ts';
import { alreadyExists, notFound } from './status.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resourceVersion: number;
  readonly resource: ResourceType;
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
}

export interface StoreOptions {
  readonly resources: readonly ResourceType[];
  /** How many events are kept; older versions answer 410. */
  readonly eventWindow: number;
  readonly resourceVersion: number;
  readonly now: () => number;
  readonly secondMs: number;
}

export interface DeleteOptions {
  /** With a grace period the object gets a deletionTimestamp and goes when the period is over. */
  readonly graceSeconds?: number;
  /** false: it stays terminating until it is deleted again without a grace period. */
  readonly goneByItself?: boolean;
}

export class ObjectStore {
  readonly #options: StoreOptions;
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #terminating = new Map<string, NodeJS.Timeout>();
  #events: StoreEvent[] = [];
  #resourceVersion: number;
  #compacted: number;
  #watchableFrom: number;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#resourceVersion = options.resourceVersion;
    this.#compacted = options.resourceVersion;
    this.#watchableFrom = options.resourceVersion;
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** The oldest version that can still be listed exactly. */
  get compacted(): number {
    return this.#compacted;
  }

  /** The oldest version that a watch can start from: the window is empty after a restart, the history is not. */
  get watchableFrom(): number {
    return this.#watchableFrom;
  }

  create<T extends KubernetesObject>(object: T): T {
    const resource = typeOf(this.#options.resources, object);
    const stored = structuredClone(object);
    if (this.#of(resource).has(keyOf(stored))) throw alreadyExists(resource, stored.metadata.name);
    stored.metadata.uid ??= randomUUID();
    stored.metadata.creationTimestamp ??= timestamp(this.#options.now());
    return this.#write('ADDED', resource, stored, undefined);
  }

  update<T extends KubernetesObject>(reference: T, change: (draft: T) => void): T {
    const { resource, current } = this.#existing(reference);
    const draft = structuredClone(current);
    change(draft);
    return this.#write('MODIFIED', resource, draft, current);
  }

  delete(reference: KubernetesObject, { graceSeconds = 0, goneByItself = true }: DeleteOptions = {}): void {
    const { resource, current } = this.#existing(reference);
    const timerKey = `${resource.plural} ${keyOf(current)}`;
    clearTimeout(this.#terminating.get(timerKey));
    this.#terminating.delete(timerKey);
    if (graceSeconds <= 0) {
      this.#write('DELETED', resource, structuredClone(current), current);
      return;
    }
    this.update(current, ({ metadata }) => {
      metadata.deletionTimestamp = timestamp(this.#options.now() + graceSeconds * 1000);
      metadata.deletionGracePeriodSeconds = graceSeconds;
    });
    if (!goneByItself) return;
    const timer = setTimeout(() => this.delete(current), graceSeconds * this.#options.secondMs);
    this.#terminating.set(timerKey, timer);
  }

  get(resource: ResourceType, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#of(resource).get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  /** What was there at that version, in the order of its keys. The caller has checked that it is not compacted. */
  snapshot(resource: ResourceType, resourceVersion = this.#resourceVersion): [key: string, object: KubernetesObject][] {
    const then = new Map(this.#of(resource));
    for (const event of this.#events.toReversed()) {
      if (event.resourceVersion <= resourceVersion) break;
      if (event.resource !== resource) continue;
      if (event.previous === undefined) then.delete(keyOf(event.object));
      else then.set(keyOf(event.previous), event.previous);
    }
    return [...then].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  eventsAfter(resourceVersion: number): StoreEvent[] {
    return this.#events.filter((event) => event.resourceVersion > resourceVersion);
  }

  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history up to now, as etcd does every five minutes. */
  compact(): void {
    this.#compacted = this.#resourceVersion;
    this.forgetWindow();
    this.#events = [];
  }

  /** A new API server process has an empty watch cache: watches start from here or not at all. */
  forgetWindow(): void {
    this.#watchableFrom = this.#resourceVersion;
  }

  /** Others write too: the version grows without an event of ours. */
  skipVersions(count: number): void {
    this.#resourceVersion += count;
  }

  /** etcd restored from nothing: no objects, and versions begin again (lower ones than clients know, by default). */
  lose(resourceVersion = 1): void {
    this.stopTimers();
    this.#objects.clear();
    this.#resourceVersion = resourceVersion;
    this.compact();
  }

  stopTimers(): void {
    for (const timer of this.#terminating.values()) clearTimeout(timer);
    this.#terminating.clear();
  }

  /** True as soon as the version is reached, false when it is not within `timeoutMs`. */
  reaches(resourceVersion: number, timeoutMs: number): Promise<boolean> {
    if (this.#resourceVersion >= resourceVersion) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (reached: boolean) => {
        clearTimeout(timer);
        off();
        resolve(reached);
      };
      const timer = setTimeout(() => finish(false), timeoutMs).unref();
      const off = this.onEvent((event) => event.resourceVersion >= resourceVersion && finish(true));
    });
  }

  #existing<T extends KubernetesObject>(reference: T): { resource: ResourceType; current: T } {
    const resource = typeOf(this.#options.resources, reference);
    const current = this.#of(resource).get(keyOf(reference));
    if (current === undefined) throw notFound(resource, reference.metadata.name);
    return { resource, current: current as T };
  }

  #write<T extends KubernetesObject>(
    type: StoreEvent['type'],
    resource: ResourceType,
    object: T,
    previous: KubernetesObject | undefined,
  ): T {
    this.#resourceVersion += 1;
    object.metadata.resourceVersion = String(this.#resourceVersion);
    const objects = this.#of(resource);
    if (type === 'DELETED') objects.delete(keyOf(object));
    else objects.set(keyOf(object), object);
    const event = { type, resourceVersion: this.#resourceVersion, resource, object, previous };
    this.#events.push(event);
    while (this.#events.length > this.#options.eventWindow) {
      this.#compacted = this.#events.shift()!.resourceVersion;
      this.#watchableFrom = Math.max(this.#watchableFrom, this.#compacted);
    }
    for (const listener of this.#listeners) listener(event);
    return object;
  }

  #of({ group, plural }: ResourceType): Map<string, KubernetesObject> {
    const name = `${plural}.${group}`;
    const found = this.#objects.get(name) ?? new Map<string, KubernetesObject>();
    this.#objects.set(name, found);
    return found;
  }
}

export const keyOf = ({ metadata }: KubernetesObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** metav1.Time: whole seconds. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
