import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvoyFormat } from '../../src/parse/envoy-access/envoy-format.ts';
import { get } from '../../src/sources/http-get.ts';
import { findEnvoy } from './envoy-binary.ts';

export interface ClusterSpec {
  readonly name: string;
  readonly hosts: readonly ({ readonly port: number; readonly address?: string } | { readonly path: string })[];
  /** Further fields of envoy.config.cluster.v3.Cluster. */
  readonly extra?: object;
}

export interface RouteSpec {
  readonly prefix: string;
  /** Further fields of envoy.config.route.v3.RouteAction, `cluster` among them. */
  readonly route?: object;
  /** envoy.config.route.v3.DirectResponseAction in its place. */
  readonly direct_response?: object;
}

export interface EnvoySpec {
  readonly clusters: readonly ClusterSpec[];
  readonly routes: readonly RouteSpec[];
  readonly listenPort: number;
  readonly admin: { readonly port: number } | { readonly path: string };
  /** A TCP proxy listener to a cluster. */
  readonly tcp?: { readonly port: number; readonly cluster: string };
  /** HTTP filters before the router. */
  readonly filters?: readonly object[];
  /** envoy.config.accesslog.v3.AccessLog, of the HTTP listener. */
  readonly accessLogs?: readonly object[];
}

const TYPE = 'type.googleapis.com/envoy.extensions';

/** envoy.config.accesslog.v3.AccessLog to a file; in Envoy's default format without one. */
export function fileLog(path: string, format?: EnvoyFormat): object {
  const typed_config = { '@type': `${TYPE}.access_loggers.file.v3.FileAccessLog`, path };
  const name = 'envoy.access_loggers.file';
  if (format === undefined) return { name, typed_config };
  const log_format =
    'json' in format ? { json_format: format.json } : { text_format_source: { inline_string: format.text } };
  return { name, typed_config: { ...typed_config, log_format } };
}

/** Fields of a cluster that speaks TLS: those of its UpstreamTlsContext. */
export function tlsTo(context: object = {}): object {
  const typed_config = { '@type': `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`, ...context };
  return { transport_socket: { name: 'tls', typed_config } };
}

/** Fields of a cluster whose circuit breaker lets no request wait for a connection. */
export const NONE_PENDING = { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } };

function addressOf(host: ClusterSpec['hosts'][number]): object {
  if ('path' in host) return { pipe: { path: host.path } };
  return { socket_address: { address: host.address ?? '127.0.0.1', port_value: host.port } };
}

function clusterOf({ name, hosts, extra }: ClusterSpec): object {
  const lb_endpoints = hosts.map((host) => ({ endpoint: { address: addressOf(host) } }));
  const load_assignment = { cluster_name: name, endpoints: hosts.length > 0 ? [{ lb_endpoints }] : [] };
  return { name, type: 'STATIC', connect_timeout: '0.3s', load_assignment, ...extra };
}

function listenerOf(name: string, port: number, filter: object): object {
  return { name, address: addressOf({ port }), filter_chains: [{ filters: [filter] }] };
}

/** Envoy's bootstrap configuration as JSON text, which Envoy reads as YAML. */
export function envoyConfig(spec: EnvoySpec): string {
  const http = {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'ingress.http',
      ...(spec.accessLogs && { access_log: spec.accessLogs }),
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: spec.routes.map(({ prefix, ...action }) => ({ match: { prefix }, ...action })),
          },
        ],
      },
      http_filters: [
        ...(spec.filters ?? []),
        { name: 'envoy.filters.http.router', typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` } },
      ],
    },
  };
  const listeners = [listenerOf('main', spec.listenPort, http)];
  if (spec.tcp) {
    const typed_config = {
      '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: 'tcp',
      cluster: spec.tcp.cluster,
    };
    listeners.push(listenerOf('tcp', spec.tcp.port, { name: 'envoy.filters.network.tcp_proxy', typed_config }));
  }
  return JSON.stringify({
    admin: { address: addressOf(spec.admin) },
    static_resources: { listeners, clusters: spec.clusters.map(clusterOf) },
  });
}

export interface RunningEnvoy {
  readonly pid: number;
  stop(): Promise<void>;
}

async function waitForAdmin(spec: EnvoySpec, child: ChildProcess, logPath: string): Promise<void> {
  const base = 'path' in spec.admin ? { socketPath: spec.admin.path } : { host: '127.0.0.1', port: spec.admin.port };
  const signal = AbortSignal.timeout(20_000);
  for (;;) {
    if (child.exitCode !== null || signal.aborted)
      throw new Error(`Envoy did not start: ${readFileSync(logPath, 'utf8').slice(-2000)}`);
    try {
      await get({ base, path: '/ready', timeoutMs: 500, maxBytes: 1000, signal: AbortSignal.timeout(1000) }, () => {});
      return;
    } catch {
      await delay(50);
    }
  }
}

/** Starts a real Envoy; resolves when it is LIVE. It keeps its files in a temporary directory that `stop` removes. */
export async function startEnvoy(
  spec: EnvoySpec,
  extraArgs: readonly string[] = ['--use-dynamic-base-id'],
): Promise<RunningEnvoy> {
  const program = findEnvoy();
  if (!program) throw new Error('no envoy program');
  const directory = mkdtempSync(join(tmpdir(), 'envoy-rig-'));
  const configPath = join(directory, 'envoy.yaml');
  const logPath = join(directory, 'envoy.log');
  writeFileSync(configPath, envoyConfig(spec));
  const args = ['-c', configPath, '--concurrency', '1', '-l', 'error', '--log-path', logPath, ...extraArgs];
  const child = spawn(program, args, { stdio: 'ignore' });
  writeFileSync(logPath, '');
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await waitForAdmin(spec, child, logPath);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, stop };
}

/** Free TCP ports of 127.0.0.1 as the kernel gives them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i++) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
