import type { Pod, Service, ServicePodSink } from '../contract/cluster.ts';
import type { Clock, Target } from '../contract/unit.ts';
import { readPod } from '../parse/pod.ts';
import type { ApiClient } from '../sources/kubernetes/api-client.ts';
import { type ApiError, asApiError } from '../sources/kubernetes/api-error.ts';
import { listSome } from '../sources/kubernetes/list.ts';
import type { Timing } from '../sources/kubernetes/timing.ts';

/** What is listed of one Service; the first ones say why they are not ready, and others would say the same. */
const MOST_PODS = 50;
/** At once; with more something else is wrong than single Services. */
const MOST_SERVICES = 20;
/** Between two lists of one Service, stretched by up to a fifth by chance. */
const LIST_EVERY_MS = 30_000;
/** Who has trouble takes a look at all upstreams. */
const LOOK_EVERY_MS = 2_000;

export interface ServicePodListsOptions {
  readonly client: ApiClient;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly sink: ServicePodSink;
  /** Services that have trouble, the worst first. */
  readonly unready: () => readonly Service[];
}

interface Asked {
  nextMs: number;
  problem: ApiError | null;
}

/** Lists the pods of Services that have trouble, one after the other, by their selector: pods of other nodes, and those in no slice. */
export class ServicePodLists {
  readonly #options: ServicePodListsOptions;
  readonly #stopping = new AbortController();
  readonly #asked = new Map<string, Asked>();
  #leftOut = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(options: ServicePodListsOptions) {
    this.#options = options;
  }

  /** Begins what is due; ends at once. */
  look(): void {
    const lookMs = this.#options.clock.now();
    if (Math.abs(lookMs - this.#lookedMs) < LOOK_EVERY_MS) return;
    this.#lookedMs = lookMs;
    const all = this.#options.unready();
    const services = all.slice(0, MOST_SERVICES);
    this.#leftOut = all.length - services.length;
    const present = new Set(services.map(({ key }) => key));
    for (const key of [...this.#asked.keys()]) if (!present.has(key)) this.#forget(key);
    for (const { key } of services) if (!this.#asked.has(key)) this.#asked.set(key, { nextMs: 0, problem: null });
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    const due = services.filter(({ key }) => this.#isDue(this.#asked.get(key)!, lookMs));
    if (due.length === 0) return;
    this.#running = this.#listAll(due).finally(() => {
      this.#running = null;
    });
  }

  targets(): readonly Target[] {
    if (this.#asked.size === 0) return [];
    const name = 'pods of Services with trouble, by their selectors';
    const problems = [...this.#asked.values()].flatMap(({ problem }) => problem ?? []);
    const [first] = problems;
    if (first?.reason === 'forbidden') {
      const detail =
        'forbidden; add {apiGroups: [""], resources: [pods], verbs: [list]} to a Role of their namespace, or set collectors.kubernetes.service_pods: false';
      return [{ name, state: 'not_permitted', detail }];
    }
    if (first !== undefined) return [{ name, state: 'failed', detail: first.message }];
    const rest = this.#leftOut > 0 ? `, ${this.#leftOut} more are not asked about` : '';
    return [{ name, state: 'ok', detail: `${[...this.#asked.keys()].join(', ')}${rest}` }];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const key of [...this.#asked.keys()]) this.#forget(key);
  }

  /** A clock that is set back makes nobody wait longer. */
  #isDue({ nextMs }: Asked, nowMs: number): boolean {
    return nowMs >= nextMs || nextMs - nowMs > 2 * LIST_EVERY_MS;
  }

  async #listAll(services: readonly Service[]): Promise<void> {
    for (const service of services) {
      const asked = this.#asked.get(service.key);
      if (asked === undefined || this.#stopping.signal.aborted) continue;
      asked.problem = await this.#list(service);
      asked.nextMs = this.#options.clock.now() + LIST_EVERY_MS * (1 + Math.random() / 5);
    }
  }

  async #list({ key, selector = '' }: Service): Promise<ApiError | null> {
    const { client, timing, sink, clock } = this.#options;
    const pods: Pod[] = [];
    const atMs = clock.now();
    const namespace = key.slice(0, key.indexOf('/'));
    try {
      const isWhole = await listSome(client, {
        ...{ limit: MOST_PODS, deadlineMs: timing.listMs, signal: this.#stopping.signal },
        selection: { resource: 'pods', namespace, labelSelector: selector, fieldSelector: '' },
        item: (item) => {
          const pod = readPod(item);
          if (pod !== null) pods.push(pod);
        },
      });
      if (this.#asked.has(key)) sink.listed({ service: key, selector, pods, isWhole, atMs });
      return null;
    } catch (error) {
      const problem = asApiError(error);
      if (problem.reason === 'unauthorized') client.refresh();
      return problem;
    }
  }

  #forget(key: string): void {
    this.#asked.delete(key);
    this.#options.sink.forget(key);
  }
}
