import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { asBurst } from './frugal-heap.ts';
import { ListSplitter } from './list-splitter.ts';
import { metadataOf } from './resource-version.ts';
import type { ApiResource } from './resources.ts';

/** One object; etcd takes at most 1.5 MB, as JSON somewhat more. */
export const MOST_OBJECT_BYTES = 8 * 1024 * 1024;

/** Which objects: all of a namespace ('' for all namespaces) that the selectors let through. */
export interface Selection {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

export interface ListOptions {
  readonly selection: Selection;
  /** The list is at least as new; '' reads the newest from etcd, '0' takes what the server has at hand. */
  readonly resourceVersion: string;
  /** Per page; servers ignore it for version '0'. */
  readonly limit: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** A list begins (again): what came before is void. */
  readonly begin: () => void;
  readonly item: (item: unknown) => void;
}

export function selectorQuery({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
  };
}

/**
 * All objects and the resourceVersion that they are of. When that version is gone or not there yet, the newest is read; when
 * a page comes too late, all in one.
 */
export function listAll(client: ApiClient, options: ListOptions): Promise<string> {
  return asBurst(() => listAny(client, options));
}

async function listAny(client: ApiClient, options: ListOptions): Promise<string> {
  const { resourceVersion, limit, deadlineMs } = options;
  const late = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([options.signal, late]);
  const attempts = [
    ...(resourceVersion === '' ? [] : [{ resourceVersion, limit }]),
    { resourceVersion: '', limit },
    { resourceVersion: '', limit: 0 },
  ];
  for (let attempt = 0; ; attempt++) {
    try {
      options.begin();
      return await listPages(client, { ...options, ...attempts[attempt], signal });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.reason === 'cancelled' && late.aborted && !options.signal.aborted)
        throw new ApiError('timeout', `no complete list within ${deadlineMs} ms`);
      const isVersionGone = error.reason === 'expired' || error.isTooLarge;
      if (!isVersionGone || attempt + 1 === attempts.length) throw error;
    }
  }
}

/** The first page only, as the API server has it now. Resolves to whether that is all. */
export async function listSome(client: ApiClient, options: Omit<ListOptions, 'resourceVersion' | 'begin'>) {
  const { selection, signal, limit, deadlineMs } = options;
  const { resource, namespace } = selection;
  const page = new ListSplitter(MOST_OBJECT_BYTES, options.item);
  const query = { ...selectorQuery(selection), limit: String(limit) };
  const bound = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  await client.get({ verb: 'list', resource, namespace, query, signal: bound }, { chunk: (chunk) => page.push(chunk) });
  const { continue: next } = metadataOf(page.finish());
  return typeof next !== 'string' || next === '';
}

async function listPages(client: ApiClient, options: ListOptions): Promise<string> {
  const { selection, signal, resourceVersion, limit } = options;
  // Beside a limit a version alone would mean exactly that one, which etcd may have forgotten.
  const isBound = resourceVersion !== '' && resourceVersion !== '0';
  const first = {
    ...(resourceVersion === '' ? {} : { resourceVersion }),
    ...(isBound ? { resourceVersionMatch: 'NotOlderThan' } : {}),
  };
  let after: Record<string, string> = first;
  for (;;) {
    const page = new ListSplitter(MOST_OBJECT_BYTES, options.item);
    const query = { ...selectorQuery(selection), ...(limit > 0 ? { limit: String(limit) } : {}), ...after };
    const { resource, namespace } = selection;
    await client.get({ verb: 'list', resource, namespace, query, signal }, { chunk: (chunk) => page.push(chunk) });
    const metadata = metadataOf(page.finish());
    const next = metadata.continue;
    if (typeof metadata.resourceVersion !== 'string') throw new ApiError('bad_data', 'the answer is not a list');
    if (typeof next !== 'string' || next === '') return metadata.resourceVersion;
    after = { continue: next };
  }
}
