import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findEnvoy } from '../support/envoy-binary.ts';
import { type ClusterSpec, envoyConfig, type RouteSpec } from '../support/envoy-rig.ts';
import type { Cleanup } from './cleanup.ts';
import { endOf } from './network.ts';
import type { StagedPod } from './pod.ts';
import { ask } from './traffic.ts';

export interface EnvoyWorld {
  readonly clusters: readonly ClusterSpec[];
  readonly routes: readonly RouteSpec[];
  /** HTTP filters before the router. */
  readonly filters?: readonly object[];
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
  readonly #pod: StagedPod;
  #child: ChildProcess | undefined;

  constructor(cleanup: Cleanup, pod: StagedPod) {
    this.#pod = pod;
    cleanup.after(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async end(): Promise<void> {
    if (this.#child !== undefined) await endOf(this.#child, 'SIGKILL');
  }

  async start(world: EnvoyWorld): Promise<void> {
    const [config, log] = [join(this.directory, 'envoy.yaml'), join(this.directory, 'envoy.log')];
    writeFileSync(config, this.#configOf(world));
    const args = ['-c', config, '--concurrency', '1', '-l', 'error', '--log-path', log, '--use-dynamic-base-id'];
    const named = ['--service-node', 'edge', '--service-cluster', 'edge'];
    const child = this.#pod.spawn(findEnvoy() ?? 'envoy', ...args, ...named);
    this.#child = child;
    for (const endMs = Date.now() + 20_000; ; await delay(50)) {
      if (existsSync(this.admin) && (await ask(this.admin, { count: 1, path: '/ready' })).statuses[0] === 200) return;
      if (child.exitCode !== null || Date.now() > endMs)
        throw new Error(`Envoy did not start: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : ''}`);
    }
  }

  #configOf({ clusters, routes, filters = [], networkFilters = [], bootstrap = {}, listen }: EnvoyWorld): string {
    const text = envoyConfig({ clusters, routes, listenPort: 1, admin: { path: this.admin } });
    const config = JSON.parse(text) as Bootstrap;
    const [listener] = config.static_resources.listeners;
    listener.address = listen
      ? { socket_address: { address: listen.address, port_value: listen.port } }
      : { pipe: { path: this.front } };
    const [chain] = listener.filter_chains;
    const [http] = chain.filters;
    http.typed_config.http_filters = [...filters, ...http.typed_config.http_filters];
    chain.filters = [...(networkFilters as typeof chain.filters), http];
    return JSON.stringify({ ...config, ...bootstrap }).replaceAll('$DIR', this.directory);
  }
}
