/**
 * How much one poll of a very large Envoy costs: /clusters of 10,000 clusters × 10 hosts and /stats of 1,000,000 lines, each
 * served over loopback by another process. Prints one JSON line each (see Poll). `node --expose-gc test/bench/envoy.ts`;
 * the section `envoy` of run.ts makes the table of it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EnvoyMemory } from '../../src/collectors/envoy-memory.ts';
import { ClustersParser } from '../../src/parse/envoy-clusters.ts';
import { CLUSTER_STATS, StatsParser } from '../../src/parse/envoy-stats.ts';
import { getEnvoyAdmin } from '../../src/sources/http-get-envoy.ts';

const CLUSTERS = 10_000;
const HOSTS = 10;
const LINES_PER_CLUSTER = 100;
const POLLS = 3;
/** Failure counters that are set, among the lines that nobody reads. */
const WANTED = CLUSTER_STATS.slice(0, 14);

function nameOf(cluster: number): string {
  const service = `svc-${cluster}.team-${cluster % 97}`;
  return cluster % 2 === 0
    ? `outbound|8080||${service}.svc.cluster.local`
    : `v1.${service}.dc1.internal.1f2e3d4c.consul`;
}

/** One cluster as Envoy 1.36 prints it, whitespace included. */
function clusterText(cluster: number): string {
  const stat = (name: string, value: number, type?: string) => ({
    ...(type && { type }),
    ...(value > 0 && { value: String(value) }),
    name,
  });
  const host_statuses = Array.from({ length: HOSTS }, (_, host) => ({
    address: { socket_address: { address: `10.${cluster >> 8}.${cluster & 255}.${host + 1}`, port_value: 8080 } },
    stats: [
      stat('cx_connect_fail', host === 9 ? cluster + 1 : 0),
      stat('cx_total', cluster + host),
      stat('rq_error', host === 9 ? cluster + 1 : 0),
      stat('rq_success', cluster * host),
      stat('rq_timeout', 0),
      stat('rq_total', cluster * host),
      stat('cx_active', 1, 'GAUGE'),
      stat('rq_active', 0, 'GAUGE'),
    ],
    health_status: { eds_health_status: 'HEALTHY' },
    weight: 1,
    locality: { region: 'eu-west-1', zone: 'eu-west-1a' },
  }));
  const limits = { max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 };
  const circuit_breakers = { thresholds: [limits, { priority: 'HIGH', ...limits }] };
  const status = {
    name: nameOf(cluster),
    added_via_api: true,
    host_statuses,
    circuit_breakers,
    observability_name: nameOf(cluster),
    eds_service_name: nameOf(cluster),
  };
  return JSON.stringify(status, null, 1).replace(/^/gm, '  ');
}

function statsText(cluster: number): string {
  const lines = Array.from({ length: LINES_PER_CLUSTER }, (_, line) => {
    const stat = line < WANTED.length ? WANTED[line] : `upstream_other_statistic_${line}_total`;
    return `cluster.${nameOf(cluster)}.${stat}: ${cluster * line}\n`;
  });
  return lines.join('');
}

async function sendAll(response: ServerResponse, parts: Iterable<string>): Promise<void> {
  for (const part of parts) if (!response.write(part)) await once(response, 'drain');
  response.end();
}

/** Texts are made beforehand, in blocks: the reader's time must not be the writer's. */
function makeBlocks(isStats: boolean): string[] {
  const blocks: string[] = [];
  for (let first = 0; first < CLUSTERS; first += 100) {
    const texts = Array.from({ length: 100 }, (_, i) => (isStats ? statsText(first + i) : clusterText(first + i)));
    const isLast = first + 100 >= CLUSTERS;
    blocks.push(isStats ? texts.join('') : texts.join(',\n') + (isLast ? '\n ]\n}\n' : ',\n'));
  }
  return isStats ? blocks : ['{\n "cluster_statuses": [\n', ...blocks];
}

function serve(): void {
  const stats = makeBlocks(true);
  const clusters = makeBlocks(false);
  const server = createServer((request, response) =>
    sendAll(response, request.url?.startsWith('/stats') ? stats : clusters),
  );
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

/** Longest time between two turns of a 1 ms timer. */
function watchStalls(): () => number {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return Math.max(longest, performance.now() - last);
  };
}

async function measure(what: string, poll: () => Promise<number>): Promise<void> {
  globalThis.gc?.();
  await delay(50);
  const before = process.memoryUsage.rss();
  let peak = before;
  const memory = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const stall = watchStalls();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const bytes = await poll();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const maxStallMs = stall();
  clearInterval(memory);
  peak = Math.max(peak, process.memoryUsage.rss());
  const round = (value: number) => Math.round(value * 10) / 10;
  console.log(
    JSON.stringify({
      bench: what,
      mb: round(bytes / 1e6),
      wall_ms: round(wallMs),
      cpu_ms: round((user + system) / 1000),
      rss_growth_mib: round((peak - before) / 1024 / 1024),
      max_stall_ms: round(maxStallMs),
    }),
  );
}

async function run(): Promise<void> {
  const server = fork(import.meta.filename, ['serve']);
  const [port] = await once(server, 'message');
  const base = { host: '127.0.0.1', port: Number(port) };
  const limits = { timeoutMs: 60_000, maxBytes: 1024 ** 3, signal: new AbortController().signal };
  const state = new EnvoyMemory();
  for (let poll = 1; poll <= POLLS; poll++) {
    state.begin();
    await measure(`envoy_clusters_json poll ${poll}`, async () => {
      const parser = new ClustersParser(state.addCluster);
      const { bytes } = await getEnvoyAdmin({ base, request: 'clusters' }, limits, (chunk) => parser.push(chunk));
      parser.end();
      return bytes;
    });
    if (state.clusters.size !== CLUSTERS) throw new Error(`read ${state.clusters.size} clusters`);
    await measure(`envoy_stats_text poll ${poll}`, async () => {
      const parser = new StatsParser(state);
      const { bytes } = await getEnvoyAdmin({ base, request: 'stats' }, limits, (chunk) => parser.push(chunk));
      parser.end();
      return bytes;
    });
    const last = state.clusters.get(nameOf(CLUSTERS - 1));
    if (!last || state.rowOf(last)[13] !== (CLUSTERS - 1) * 13) throw new Error('a value is wrong');
  }
  server.kill();
}

if (process.argv[2] === 'serve') serve();
else await run();
