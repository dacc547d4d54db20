/** WATCH of the fake API server: open streams, what each of them sees of an event, bookmarks and deadlines. */
import type { CutKind, ResponseBody } from './body.ts';
import { EventFaults } from './event-faults.ts';
import type { KubernetesObject } from './objects.ts';
import type { RequestInfo, ResourceType } from './resources.ts';
import { apiVersionOf } from './resources.ts';
import type { Matcher } from './selectors.ts';
import { matcherOf } from './selectors.ts';
import type { Status } from './status.ts';
import { badRequest, tooOld } from './status.ts';
import type { ObjectStore, StoreEvent } from './store.ts';

export interface WatchOptions {
  readonly secondMs: number;
  /** 0: none come by themselves, as it can be with a real server on a quiet resource. */
  readonly bookmarkIntervalSeconds: number;
}

interface Watch {
  readonly type: ResourceType;
  readonly matches: Matcher;
  readonly body: ResponseBody;
  readonly bookmarks: boolean;
  /** Events up to here are not for this watch. */
  readonly from: number;
}

const BOOKMARK_BEFORE_DEADLINE_SECONDS = 2;
const SHORTEST_DEFAULT_TIMEOUT_SECONDS = 1800;

export class WatchHub {
  readonly eventFaults = new EventFaults();
  readonly #store: ObjectStore;
  readonly #options: WatchOptions;
  readonly #watches = new Set<Watch>();

  constructor(store: ObjectStore, options: WatchOptions) {
    this.#store = store;
    this.#options = options;
    store.onEvent((event) => {
      for (const seen of this.eventFaults.pass(event)) for (const watch of this.#watches) this.#deliver(watch, seen);
    });
  }

  get open(): number {
    return this.#watches.size;
  }

  /** Throws what a real server answers before the stream begins. */
  prepare(info: RequestInfo): Matcher {
    const asked = info.query.get('resourceVersion') ?? '';
    if (!/^\d*$/.test(asked)) throw badRequest(`resourceVersion: Invalid value: "${asked}": invalid syntax`);
    return matcherOf(info.type!, info.namespace, info.query);
  }

  /** From here on the status is 200: what goes wrong is an event. */
  start(info: RequestInfo, matches: Matcher, body: ResponseBody): void {
    const type = info.type!;
    const asked = Number(info.query.get('resourceVersion') ?? 0);
    if (asked > 0 && asked < this.#store.watchableFrom) {
      body.write(line('ERROR', tooOld(asked, this.#store.watchableFrom).status));
      body.finish('end');
      return;
    }
    const bookmarks = ['true', '1'].includes(info.query.get('allowWatchBookmarks') ?? '');
    const watch = { type, matches, body, bookmarks, from: asked === 0 ? this.#store.resourceVersion : asked };
    if (asked === 0) {
      for (const [, object] of this.#store.snapshot(type)) if (matches(object)) body.write(line('ADDED', object));
    } else for (const event of this.#store.eventsAfter(asked)) this.#deliver(watch, event);
    this.#watches.add(watch);
    this.#schedule(watch, Number(info.query.get('timeoutSeconds') ?? 0) || defaultTimeout());
  }

  /** To all open watches that allow them; to those of one resource when it is named. */
  sendBookmarks(plural?: string): void {
    for (const watch of this.#watches) if ((plural ?? watch.type.plural) === watch.type.plural) this.#bookmark(watch);
  }

  /** Stops all open watches (of one resource), after some bytes of a line that never ends if `partial` is given. */
  cut(
    how: CutKind,
    { partial = '', resource }: { readonly partial?: string; readonly resource?: string } = {},
  ): number {
    const hit = [...this.#watches].filter(({ type }) => (resource ?? type.plural) === type.plural);
    for (const { body } of hit) body.finish(how, partial);
    return hit.length;
  }

  /** An ERROR event in the middle of the stream, then its end: what a watcher gets that was too slow. */
  expire(): void {
    for (const { body, from } of this.#watches) {
      body.write(line('ERROR', tooOld(from, this.#store.resourceVersion).status));
      body.finish('end');
    }
  }

  /** Bytes that are no event of the store, for tests of what a client does with them. */
  sendRaw(bytes: Buffer | string): void {
    for (const { body } of this.#watches) body.write(Buffer.from(bytes));
  }

  #deliver({ type, matches, body, from }: Watch, event: StoreEvent): void {
    if (event.resource !== type || event.resourceVersion <= from) return;
    const before = event.previous !== undefined && matches(event.previous);
    const now = event.type !== 'DELETED' && matches(event.object);
    if (now) body.write(line(before ? 'MODIFIED' : 'ADDED', event.object));
    else if (before) body.write(line('DELETED', withVersion(event.previous!, event.resourceVersion)));
  }

  #bookmark({ type, body, bookmarks }: Watch): void {
    if (!bookmarks) return;
    const metadata = { resourceVersion: String(this.#store.resourceVersion), creationTimestamp: null };
    body.write(line('BOOKMARK', { kind: type.kind, apiVersion: apiVersionOf(type), metadata, ...type.zero }));
  }

  #schedule(watch: Watch, timeoutSeconds: number): void {
    const { secondMs, bookmarkIntervalSeconds } = this.#options;
    const seconds = (count: number, act: () => void) => setTimeout(act, Math.min(count * secondMs, 2 ** 31 - 1));
    const timers = [seconds(timeoutSeconds, () => watch.body.finish('end'))];
    if (bookmarkIntervalSeconds > 0) {
      const last = timeoutSeconds - BOOKMARK_BEFORE_DEADLINE_SECONDS;
      if (last > 0) timers.push(seconds(last, () => this.#bookmark(watch)));
      timers.push(setInterval(() => this.#bookmark(watch), bookmarkIntervalSeconds * secondMs));
    }
    const end = () => {
      this.#watches.delete(watch);
      for (const timer of timers) clearTimeout(timer);
    };
    // Who asked may have gone before he is answered: then nobody says so any more.
    if (watch.body.response.closed) end();
    else watch.body.response.once('close', end);
  }
}

export const line = (type: StoreEvent['type'] | 'BOOKMARK' | 'ERROR', object: object | Status): Buffer =>
  Buffer.from(`${JSON.stringify({ type, object })}\n`);

/** An object that leaves shows its old self (the labels that matched) with the version of the event. */
const withVersion = (object: KubernetesObject, resourceVersion: number): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(resourceVersion) },
});

/** A real server takes 30 to 60 minutes when the client says nothing. */
const defaultTimeout = (): number => SHORTEST_DEFAULT_TIMEOUT_SECONDS * (1 + Math.random());
