import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readMaster } from '../../src/sources/nginx-workers.ts';
import { openProcfs } from '../../src/sources/procfs.ts';
import type { Endpoint, EndpointSlice, KubernetesObject } from '../kubernetes/objects.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { freePort } from './freeport.ts';
import { type RunningNginx, startNginx } from './nginx.ts';
import { NAMESPACE, readyPod, serviceOf, sliceOf, terminatingPod } from './truth-objects.ts';

/** A time that was measured, between two moments; milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface RolloutSpec {
  /** Of the Service and of the gateway in front of it. */
  readonly name: string;
  /** Pods are at 127.0.`net`.x. */
  readonly net: number;
  /** How much later than the slices nginx is reloaded; null: never. */
  readonly reloadAfterMs: number | null;
  readonly pods: number;
}

const STARTING_MS = 300;
const BETWEEN_MS = 400;
/** Between the end of `ready` and the end of the process: what preStop sleeps. */
const ENDING_MS = 1000;
const PAUSE_MS = 25;
const PROC = openProcfs('/proc');

/** A Service whose pods are real servers on loopback, nginx in front of it, and a controller that reloads it too late. */
export class Rollout {
  readonly spec: RolloutSpec;
  readonly objects: readonly KubernetesObject[];
  /** What happened, as measured here. */
  readonly deathGaps: Span[] = [];
  readonly propagations: Span[] = [];
  /** Requests by status; 0: no answer. */
  readonly statuses = new Map<number, number>();
  nginx!: RunningNginx;
  /** When the slice was last written. */
  slicesChangedMs = 0;
  readonly #slice: EndpointSlice;
  readonly #servers = new Map<string, Server>();
  readonly #stopped = new AbortController();
  /** Since when an address is ready, or not ready any more. */
  readonly #sinceMs = new Map<string, number>();
  #endpoints: Endpoint[] = [];
  #podPort = 0;
  #listen = 0;
  #loaded: string[] = [];
  /** All reloads so far: the next begins when they are done, however slow nginx is. */
  #reloads: Promise<unknown> = Promise.resolve();
  #clients: Promise<void>[] = [];

  private constructor(spec: RolloutSpec, podPort: number) {
    this.spec = spec;
    this.#podPort = podPort;
    this.#endpoints = this.#ips(0).map(readyPod);
    const ports = [{ name: 'http', port: podPort, protocol: 'TCP' }];
    this.#slice = sliceOf(`${spec.name}-a`, this.#endpoints, ports);
    this.objects = [serviceOf(spec.name), this.#slice];
  }

  static async start(spec: RolloutSpec): Promise<Rollout> {
    const rollout = new Rollout(spec, await freePort(`127.0.${spec.net}.1`));
    for (const ip of rollout.#ips(0)) await rollout.#serve(ip);
    rollout.#listen = await freePort();
    rollout.#loaded = rollout.#ready();
    const http = rollout.#http(rollout.#loaded);
    rollout.nginx = await startNginx({ listen: rollout.#listen, name: spec.name, http });
    rollout.#clients = [rollout.#ask(), rollout.#ask()];
    return rollout;
  }

  get config(): { path: string; gateway: string } {
    return { path: join(this.nginx.directory, `${this.spec.name}.conf`), gateway: this.spec.name };
  }

  /** As a Deployment does it with one pod more than wanted; returns when nginx has the last of it. */
  async run(store: ObjectStore): Promise<void> {
    for (const [at, old] of this.#ips(0).entries()) {
      const fresh = this.#ips(1)[at];
      await this.#serve(fresh);
      await delay(STARTING_MS);
      this.#change(store, [...this.#endpoints, readyPod(fresh)], fresh);
      await delay(BETWEEN_MS);
      const isOld = ({ addresses: [ip] }: Endpoint) => ip === old;
      this.#change(
        store,
        this.#endpoints.map((endpoint) => (isOld(endpoint) ? terminatingPod(old) : endpoint)),
        old,
      );
      await delay(ENDING_MS);
      // A rollout is clean when the proxy is done before preStop is.
      if ((this.spec.reloadAfterMs ?? ENDING_MS) < ENDING_MS) await this.#reloads;
      await this.#end(old);
      this.#change(
        store,
        this.#endpoints.filter((endpoint) => !isOld(endpoint)),
        null,
      );
    }
    await this.#reloads;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#clients);
    await this.#reloads;
    await this.nginx?.stop();
    for (const ip of [...this.#servers.keys()]) await this.#end(ip);
  }

  #ips(generation: number): string[] {
    const { pods, net } = this.spec;
    return Array.from({ length: pods }, (_, index) => `127.0.${net}.${generation * 100 + index + 1}`);
  }

  #ready(): string[] {
    return this.#endpoints
      .filter(({ conditions }) => conditions?.ready)
      .map(({ addresses: [ip] }) => `${ip}:${this.#podPort}`);
  }

  #http(servers: readonly string[]): string {
    const lines = servers.map((server) => `server ${server} max_fails=0;`).join(' ');
    return `upstream ${NAMESPACE}_${this.spec.name}_80 { ${lines} }
      server { listen 127.0.0.1:${this.#listen}; location = /nginx-is-up { return 204; }
      location / { proxy_next_upstream off; proxy_pass http://${NAMESPACE}_${this.spec.name}_80; } }`;
  }

  /** `changed` has become ready, or is not ready any more. */
  #change(store: ObjectStore, endpoints: Endpoint[], changed: string | null): void {
    this.#endpoints = endpoints;
    store.update(this.#slice, (draft) => Object.assign(draft, { endpoints }));
    this.slicesChangedMs = Date.now();
    if (changed === null) return;
    this.#sinceMs.set(`${changed}:${this.#podPort}`, Date.now());
    const { reloadAfterMs } = this.spec;
    const servers = this.#ready();
    if (reloadAfterMs === null) return;
    const isDue = delay(reloadAfterMs);
    this.#reloads = this.#reloads.then(async () => {
      await isDue;
      await this.#reload(servers);
    });
  }

  /** Returns when new workers take connections and none of the old ones does any more. */
  async #reload(servers: string[]): Promise<void> {
    const before = workersOf(this.nginx.pid);
    this.nginx.reload(this.#http(servers));
    const deadlineMs = Date.now() + 20_000;
    for (;;) {
      const now = workersOf(this.nginx.pid);
      if (now.size > 0 && [...now].every((worker) => !before.has(worker))) break;
      if (Date.now() > deadlineMs) throw new Error('nginx has not changed its workers');
      await delay(10);
    }
    const toMs = Date.now();
    const gone = this.#loaded.filter((server) => !servers.includes(server));
    const come = servers.filter((server) => !this.#loaded.includes(server));
    for (const server of gone) this.deathGaps.push({ fromMs: this.#sinceMs.get(server)!, toMs });
    for (const server of come) this.propagations.push({ fromMs: this.#sinceMs.get(server)!, toMs });
    this.#loaded = servers;
  }

  async #serve(ip: string): Promise<void> {
    const server = createServer((_, response) => response.end('ok'));
    server.listen(this.#podPort, ip);
    await once(server, 'listening');
    this.#servers.set(ip, server);
  }

  async #end(ip: string): Promise<void> {
    const server = this.#servers.get(ip);
    if (server === undefined) return;
    this.#servers.delete(ip);
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #ask(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const status = await this.#askOnce();
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      await delay(PAUSE_MS);
    }
  }

  /** On a connection of its own: an idle one that nginx closes at a reload would look like a failure. */
  #askOnce(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    request({ host: '127.0.0.1', port: this.#listen, path: '/', agent: false }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
    })
      .on('error', () => resolve(0))
      .end();
    return promise;
  }
}

/** Those that take connections. */
function workersOf(pid: number): Set<string> {
  const { workers = [] } = readMaster(PROC, pid) ?? {};
  return new Set(workers.filter(({ isDraining }) => !isDraining).map(({ pid, startTicks }) => `${pid}:${startTicks}`));
}
