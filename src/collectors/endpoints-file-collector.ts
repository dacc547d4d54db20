import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClusterObjects, ClusterSink } from '../contract/cluster.ts';
import type { Collector, CollectorContext, Outcome } from '../contract/unit.ts';
import { readManifest } from '../parse/cluster-manifest.ts';
import { readEndpointSlice } from '../parse/endpoint-slice.ts';
import { readService } from '../parse/service.ts';
import type { EndpointsFileMetrics } from './endpoints-file.ts';

const LARGEST_FILE = 16 * 1024 * 1024;

const MOST_OBJECTS = 50_000;

/** The longest stretch of parsing before other work has its turn. */
const SLICE_MS = 10;

const RESOURCES = ['endpointslices', 'services'] as const;

type FileResource = (typeof RESOURCES)[number];

interface Content {
  readonly endpointslices: ReadonlyMap<string, ClusterObjects['endpointslices']>;
  readonly services: ReadonlyMap<string, ClusterObjects['services']>;
  readonly ignored: number;
}

/** So long after the start proxies are found that were there before. */
const START_MS = 30_000;

export class EndpointsFileCollector implements Collector {
  readonly answersDoubts = 'endpoints';
  readonly #path: string;
  readonly #context: CollectorContext<EndpointsFileMetrics>;
  #content: Content = { endpointslices: new Map(), services: new Map(), ignored: 0 };
  /** Of the file that is in force; '' before the first. */
  #identity = '';
  #modifiedMs = 0;
  #firstReadMs: number | undefined;

  constructor(path: string, context: CollectorContext<EndpointsFileMetrics>) {
    this.#path = path;
    this.#context = context;
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    if (this.#path === '') return { state: 'absent', detail: 'no file configured; set collectors.endpoints_file.path' };
    const { cluster, clock } = this.#context;
    for (const resource of RESOURCES) cluster.expect(resource);
    try {
      await this.#read(signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      if (code === 'EACCES' || code === 'EPERM')
        return { state: 'not_permitted', detail: `${this.#path} may not be read (${code})` };
      throw new Error(`${this.#path} cannot be read (${code})`);
    }
    const nowMs = clock.now();
    this.#firstReadMs ??= nowMs;
    // What proxies use at our start is compared with the file as it is; what they take later, with one that was written later.
    const knownUntilMs = Math.max(this.#modifiedMs, Math.min(nowMs, this.#firstReadMs + START_MS));
    for (const resource of RESOURCES) cluster.current(resource, nowMs, Math.min(nowMs, knownUntilMs));
    return this.#publish();
  }

  stop(): void {
    if (this.#path !== '') for (const resource of RESOURCES) this.#context.cluster.forget(resource);
  }

  async #read(signal: AbortSignal): Promise<void> {
    // A pipe would be waited for without end.
    const file = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { identity, modifiedMs, isEmpty } = await look(file);
      if (identity === this.#identity) return;
      // What it is when it has just been opened to be written; a list of nothing has a line that says so.
      if (isEmpty) throw new Error(`${this.#path} is empty, as while it is written; what it had is kept`);
      const text = (await file.readFile({ signal })).toString('utf8');
      if ((await look(file)).identity !== identity) throw new Error(`${this.#path} was written while it was read`);
      const content = await this.#parse(text, signal);
      if (content.endpointslices.size === 0 && this.#content.endpointslices.size > 0)
        throw new Error(`${this.#path} has no EndpointSlices any more; what it had is kept`);
      this.#replace(content);
      this.#identity = identity;
      this.#modifiedMs = modifiedMs;
    } finally {
      await file.close();
    }
  }

  async #parse(text: string, signal: AbortSignal): Promise<Content> {
    const content = { endpointslices: new Map(), services: new Map(), ignored: 0 };
    let objects = 0;
    let sinceMs = performance.now();
    try {
      for (const { kind, value } of readManifest(text)) {
        if (++objects > MOST_OBJECTS) throw new Error(`more than ${MOST_OBJECTS} objects`);
        const slice = kind === 'EndpointSlice' ? readEndpointSlice(value) : null;
        const service = kind === 'Service' ? readService(value) : null;
        if (slice !== null) content.endpointslices.set(slice.key, slice);
        else if (service !== null) content.services.set(service.key, service);
        else content.ignored++;
        if (performance.now() - sinceMs < SLICE_MS) continue;
        await nextTurn();
        signal.throwIfAborted();
        sinceMs = performance.now();
      }
    } catch (error) {
      throw new Error(`${this.#path}: ${(error as Error).message}`, { cause: error });
    }
    return content;
  }

  /** New and changed ones first, then those that are gone. */
  #replace(content: Content): void {
    const { cluster } = this.#context;
    const before = this.#content;
    this.#content = content;
    replaceIn(cluster, 'endpointslices', before.endpointslices, content.endpointslices);
    replaceIn(cluster, 'services', before.services, content.services);
  }

  #publish(): Outcome {
    const { metrics } = this.#context;
    const { endpointslices, services, ignored } = this.#content;
    metrics.objects.set({ resource: 'endpointslices' }, endpointslices.size);
    metrics.objects.set({ resource: 'services' }, services.size);
    metrics.ignored.set({}, ignored);
    metrics.modified.set({}, this.#modifiedMs / 1000);
    const others = ignored === 0 ? '' : `; ${ignored} other objects ignored`;
    return { state: 'ok', detail: `${endpointslices.size} EndpointSlices, ${services.size} Services${others}` };
  }
}

function replaceIn<R extends FileResource>(
  cluster: ClusterSink,
  resource: R,
  before: ReadonlyMap<string, ClusterObjects[R]>,
  after: ReadonlyMap<string, ClusterObjects[R]>,
): void {
  for (const object of after.values()) cluster.set<R>(resource, object);
  for (const key of before.keys()) if (!after.has(key)) cluster.delete(resource, key);
}

/** What changes whenever the file does. */
async function look(file: FileHandle): Promise<{ identity: string; modifiedMs: number; isEmpty: boolean }> {
  const { size, ino, mtimeNs, mtimeMs, ...stat } = await file.stat({ bigint: true });
  if ((stat.mode & 0o170000n) !== 0o100000n) throw new Error('collectors.endpoints_file.path is not a regular file');
  if (size > LARGEST_FILE) throw new Error(`collectors.endpoints_file.path is larger than ${LARGEST_FILE} bytes`);
  return { identity: `${ino}:${size}:${mtimeNs}`, modifiedMs: Number(mtimeMs), isEmpty: size === 0n };
}
