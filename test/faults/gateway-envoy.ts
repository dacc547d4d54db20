import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_FORMATS } from '../../src/parse/envoy-access/envoy-formats.ts';
import { get } from '../../src/sources/http-get.ts';
import { findEnvoy } from '../support/envoy-binary.ts';
import { type ClusterSpec, envoyConfig, fileLog, type RouteSpec } from '../support/envoy-rig.ts';
import type { Cleanup } from './cleanup.ts';
import { endOf } from './network.ts';
import type { StagedPod } from './pod.ts';
import type { EnvoyLog } from './scene-options.ts';
import { ask } from './traffic.ts';

const TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

export interface EnvoyWorld {
  readonly clusters: readonly ClusterSpec[];
  readonly routes: readonly RouteSpec[];
  /** HTTP filters before the router. */
  readonly filters?: readonly object[];
  /** Further fields of the HTTP connection manager. */
  readonly http?: object;
  /** Fields of a TCP proxy that stands in its place. */
  readonly tcp?: object;
  /** Further fields of the filter chain. */
  readonly chain?: object;
  /** Network filters before HTTP. */
  readonly networkFilters?: readonly object[];
  /** Further fields of the bootstrap configuration. `$DIR`: the directory of Envoy. */
  readonly bootstrap?: object;
  /** TCP address to listen on, in the place of the unix socket. */
  readonly listen?: { readonly address: string; readonly port: number };
}

interface Bootstrap {
  readonly static_resources: {
    readonly listeners: {
      address: object;
      readonly filter_chains: { filters: { readonly typed_config: { http_filters: object[] } }[] }[];
    }[];
  };
}

/** A real Envoy in a pod, with its listener and its admin on unix sockets. */
export class EnvoyGateway {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-fault-'));
  readonly front = join(this.directory, 'front.sock');
  readonly admin = join(this.directory, 'admin.sock');
  readonly accessLog = join(this.directory, 'access.log');
  readonly log: EnvoyLog | undefined;
  readonly #pod: StagedPod;
  #child: ChildProcess | undefined;

  constructor(cleanup: Cleanup, pod: StagedPod, log?: EnvoyLog) {
    this.#pod = pod;
    this.log = log;
    cleanup.after(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async end(): Promise<void> {
    if (this.#child !== undefined) await endOf(this.#child, 'SIGKILL');
  }

  /** One of its counters or gauges now. */
  async count(name: string): Promise<number> {
    const chunks: Buffer[] = [];
    const limits = { timeoutMs: 5000, maxBytes: 1e7, signal: AbortSignal.timeout(5000) };
    await get({ base: { socketPath: this.admin }, path: '/stats', ...limits }, (chunk) => {
      chunks.push(Buffer.from(chunk));
    });
    const line = Buffer.concat(chunks)
      .toString()
      .split('\n')
      .find((one) => one.startsWith(`${name}: `));
    return Number(line?.slice(name.length + 2) ?? 0);
  }

  /** Has its admin do something (POST). */
  async order(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const outgoing = request({ socketPath: this.admin, path, method: 'POST', agent: false }, (answer) => {
      answer
        .resume()
        .on('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`${path} was refused`))));
    });
    outgoing.on('error', reject).end();
    await promise;
  }

  async start(world: EnvoyWorld): Promise<void> {
    const [config, log] = [join(this.directory, 'envoy.yaml'), join(this.directory, 'envoy.log')];
    writeFileSync(config, this.#configOf(world));
    const args = ['-c', config, '--concurrency', '1', '-l', 'error', '--log-path', log, '--use-dynamic-base-id'];
    const named = ['--service-node', 'edge', '--service-cluster', 'edge'];
    // The default of 10 s leaves no room for a verdict within 10 s of the failure.
    const flush = ['--file-flush-interval-msec', '1000'];
    const child = this.#pod.spawn(findEnvoy() ?? 'envoy', ...args, ...named, ...flush);
    this.#child = child;
    for (const endMs = Date.now() + 20_000; ; await delay(50)) {
      if (existsSync(this.admin) && (await ask(this.admin, { count: 1, path: '/ready' })).statuses[0] === 200) return;
      if (child.exitCode !== null || Date.now() > endMs)
        throw new Error(`Envoy did not start: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : ''}`);
    }
  }

  #configOf(world: EnvoyWorld): string {
    const { clusters, routes, filters = [], networkFilters = [], bootstrap = {}, listen } = world;
    const accessLogs = this.log === undefined ? [] : [fileLog(this.accessLog, ENVOY_FORMATS[this.log])];
    const text = envoyConfig({ clusters, routes, listenPort: 1, admin: { path: this.admin }, accessLogs });
    const config = JSON.parse(text) as Bootstrap;
    const [listener] = config.static_resources.listeners;
    listener.address = listen
      ? { socket_address: { address: listen.address, port_value: listen.port } }
      : { pipe: { path: this.front } };
    const [chain] = listener.filter_chains;
    const [http] = chain.filters;
    http.typed_config.http_filters = [...filters, ...http.typed_config.http_filters];
    Object.assign(http.typed_config, world.http);
    const last = world.tcp === undefined ? http : this.#tcpProxy(world.tcp);
    Object.assign(chain, world.chain, { filters: [...networkFilters, last] });
    return JSON.stringify({ ...config, ...bootstrap }).replaceAll('$DIR', this.directory);
  }

  #tcpProxy(fields: object): object {
    const access_log = this.log === undefined ? [] : [fileLog(this.accessLog, ENVOY_FORMATS[this.log])];
    return {
      name: 'envoy.filters.network.tcp_proxy',
      typed_config: { '@type': TCP_PROXY, stat_prefix: 'tcp', access_log, ...fields },
    };
  }
}
