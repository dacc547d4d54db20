import type { ApiClient } from './api-client.ts';
import { ApiError, errorOfEvent } from './api-error.ts';
import { LineSplitter } from './line-splitter.ts';
import { MOST_OBJECT_BYTES, type Selection, selectorQuery } from './list.ts';
import type { Timing } from './timing.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
const EVENT_TYPES: readonly unknown[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] satisfies EventType[];

export interface WatchOptions {
  readonly selection: Selection;
  readonly resourceVersion: string;
  readonly timing: Timing;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Ends it as if nothing had come for too long. */
  readonly again: AbortSignal;
  readonly started: () => void;
  readonly event: (type: EventType, object: unknown) => void;
}

/** `confirm`: it was to be opened again. */
export type WatchEnd = 'ended' | 'idle' | 'confirm';

/** One watch until its end: `ended` as asked, or `idle` when nothing came for too long. All else is an ApiError. */
export async function watchOnce(client: ApiClient, options: WatchOptions): Promise<WatchEnd> {
  const { selection, timing, random } = options;
  const { resource, namespace } = selection;
  const [least, most] = timing.watchSeconds;
  const seconds = Math.round(least + random() * (most - least));
  const quiet = new AbortController();
  const lines = new LineSplitter(MOST_OBJECT_BYTES, (line) => readEvent(line, options.event));
  const stopQuiet = () => quiet.abort();
  let idle: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(idle);
    idle = setTimeout(stopQuiet, timing.idleMs);
  };
  let longest: NodeJS.Timeout | undefined;
  const query = {
    ...selectorQuery(selection),
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(seconds),
    resourceVersion: options.resourceVersion,
  };
  const signal = AbortSignal.any([options.signal, options.again, quiet.signal]);
  try {
    await client.get(
      { verb: 'watch', resource, namespace, query, signal },
      {
        started: () => {
          alive();
          longest = setTimeout(stopQuiet, seconds * 1000 + timing.watchGraceMs);
          options.started();
        },
        chunk: (chunk) => {
          alive();
          lines.push(chunk);
        },
      },
    );
    return 'ended';
  } catch (error) {
    if (options.signal.aborted) throw error;
    if (options.again.aborted) return 'confirm';
    if (quiet.signal.aborted) return 'idle';
    throw error;
  } finally {
    clearTimeout(idle);
    clearTimeout(longest);
  }
}

function readEvent(line: string, take: WatchOptions['event']): void {
  let event: { readonly type?: unknown; readonly object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch {
    throw new ApiError('bad_data', 'a line of the watch is not JSON');
  }
  if (event?.type === 'ERROR') throw errorOfEvent(event.object);
  if (!EVENT_TYPES.includes(event?.type)) throw new ApiError('bad_data', 'an event of the watch has no known type');
  take(event?.type as EventType, event?.object);
}
