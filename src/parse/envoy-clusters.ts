import {
  type ClusterStatus,
  HOST_COUNTERS,
  HOST_FLAGS,
  type HostStatus,
  newCluster,
  newHost,
  newThreshold,
  resetHost,
} from './envoy-hosts.ts';
import { EnvoyParseError, type JsonConsumer, type JsonSlice, JsonStream } from './envoy-json.ts';
import { makeWordTable, readUint } from './envoy-words.ts';

const KEYS = [
  'cluster_statuses',
  'host_statuses',
  'address',
  'socket_address',
  'pipe',
  'envoy_internal_address',
  'stats',
  'health_status',
  'circuit_breakers',
  'thresholds',
  'name',
  'observability_name',
  'eds_service_name',
  'added_via_api',
  'port_value',
  'path',
  'server_listener_name',
  'hostname',
  'weight',
  'priority',
  'value',
  'max_connections',
  'max_pending_requests',
  'max_requests',
  'max_retries',
  'eds_health_status',
  'failed_active_health_check',
  'failed_outlier_check',
  'failed_active_degraded_check',
  'pending_dynamic_removal',
  'pending_active_hc',
  'excluded_via_immediate_hc_fail',
  'active_hc_timeout',
] as const;
type Key = (typeof KEYS)[number];
const KEY_TABLE = makeWordTable(KEYS);
const COUNTER_TABLE = makeWordTable(HOST_COUNTERS);

const FLAG_OF_KEY: Partial<Record<Key, number>> = {
  failed_active_health_check: HOST_FLAGS.failedActiveHealthCheck,
  failed_outlier_check: HOST_FLAGS.failedOutlierCheck,
  failed_active_degraded_check: HOST_FLAGS.failedActiveDegradedCheck,
  pending_dynamic_removal: HOST_FLAGS.pendingDynamicRemoval,
  pending_active_hc: HOST_FLAGS.pendingActiveHealthCheck,
  excluded_via_immediate_hc_fail: HOST_FLAGS.excludedViaImmediateHealthCheckFail,
  active_hc_timeout: HOST_FLAGS.activeHealthCheckTimeout,
};
const EDS_STATES = ['UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED'] as const;
const EDS_FLAGS = [0, HOST_FLAGS.edsUnhealthy, HOST_FLAGS.edsDraining, HOST_FLAGS.edsTimeout, HOST_FLAGS.edsDegraded];
const EDS_TABLE = makeWordTable(EDS_STATES);

/** Container kinds: what the scanner is inside of. An array has its elements' name with an `s`. */
const KINDS = [
  'skipped',
  'root',
  'clusters',
  'cluster',
  'hosts',
  'host',
  'address',
  'socket',
  'pipe',
  'internal',
  'stats',
  'stat',
  'health',
  'breakers',
  'thresholds',
  'threshold',
] as const;
type Kind = (typeof KINDS)[number];

const CHILDREN: readonly (readonly [parent: Kind, key: Key | '', child: Kind])[] = [
  ['root', 'cluster_statuses', 'clusters'],
  ['clusters', '', 'cluster'],
  ['cluster', 'host_statuses', 'hosts'],
  ['cluster', 'circuit_breakers', 'breakers'],
  ['hosts', '', 'host'],
  ['host', 'address', 'address'],
  ['host', 'stats', 'stats'],
  ['host', 'health_status', 'health'],
  ['address', 'socket_address', 'socket'],
  ['address', 'pipe', 'pipe'],
  ['address', 'envoy_internal_address', 'internal'],
  ['stats', '', 'stat'],
  ['breakers', 'thresholds', 'thresholds'],
  ['thresholds', '', 'threshold'],
];
const WIDTH = KEYS.length + 1;
const CHILD = new Uint8Array(KINDS.length * WIDTH);
for (const [parent, key, child] of CHILDREN)
  CHILD[KINDS.indexOf(parent) * WIDTH + (key === '' ? 0 : KEYS.indexOf(key) + 1)] = KINDS.indexOf(child);
const ROOT = KINDS.indexOf('root');

function readText(slice: JsonSlice): string {
  const { buffer, start, end } = slice;
  if (!slice.escaped) return buffer.toString('utf8', start, end);
  try {
    return String(JSON.parse(`"${buffer.toString('utf8', start, end)}"`));
  } catch (error) {
    throw new EnvoyParseError(`string with a malformed escape (${(error as Error).message})`, start);
  }
}

function readNumber(slice: JsonSlice): number {
  return readUint(slice.buffer, slice.start, slice.end);
}

function isTrue(slice: JsonSlice): boolean {
  return !slice.isString && slice.buffer[slice.start] === 0x74;
}

/**
 * Streaming reader of `/clusters?format=json` (envoy.admin.v3.Clusters): hands over one cluster at a time and never holds
 * the document. A cluster's `hosts` are valid only during the call. Zero values, `type: COUNTER` and false booleans are omitted by Envoy and read as such; a counter above
 * 2^53 - 1 is NaN.
 */
export class ClustersParser implements JsonConsumer {
  readonly #stream = new JsonStream(KEY_TABLE, this);
  readonly #onCluster: (cluster: ClusterStatus) => void;
  #cluster = newCluster();
  readonly #pool: HostStatus[] = [newHost()];
  #host = this.#pool[0];
  #threshold = newThreshold();
  #counter = 0;
  #value = 0;

  constructor(onCluster: (cluster: ClusterStatus) => void) {
    this.#onCluster = onCluster;
  }

  push(chunk: Buffer): void {
    this.#stream.push(chunk);
  }

  end(): void {
    this.#stream.end();
  }

  open(parentKind: number, key: number): number {
    if (parentKind === 0) return ROOT;
    const kind = CHILD[parentKind * WIDTH + key];
    if (KINDS[kind] === 'cluster') this.#cluster = newCluster();
    else if (KINDS[kind] === 'host') this.#takeHost();
    else if (KINDS[kind] === 'threshold') this.#threshold = newThreshold();
    else if (KINDS[kind] === 'stat') this.#counter = this.#value = 0;
    return kind;
  }

  /** Hosts are taken from a pool: garbage of 100,000 hosts a poll is memory that grows. */
  #takeHost(): void {
    const used = this.#cluster.hosts.length;
    if (used === this.#pool.length) this.#pool.push(newHost());
    this.#host = resetHost(this.#pool[used]);
  }

  close(kind: number): void {
    if (KINDS[kind] === 'stat' && this.#counter > 0)
      this.#host.counters[HOST_COUNTERS[this.#counter - 1]] = this.#value;
    else if (KINDS[kind] === 'host') this.#cluster.hosts.push(this.#host);
    else if (KINDS[kind] === 'threshold') this.#cluster.thresholds.push(this.#threshold);
    else if (KINDS[kind] === 'cluster') this.#onCluster(this.#cluster);
  }

  scalar(kind: number, keyNumber: number, slice: JsonSlice): void {
    if (keyNumber === 0) return;
    const key = KEYS[keyNumber - 1];
    const name = KINDS[kind];
    if (name === 'stat') this.#readStat(key, slice);
    else if (name === 'health') this.#readHealth(key, slice);
    else if (name === 'host') this.#readHost(key, slice);
    else if (name === 'cluster') this.#readCluster(key, slice);
    else if (name === 'threshold') this.#readThreshold(key, slice);
    else this.#readAddress(name, key, slice);
  }

  #readStat(key: Key, slice: JsonSlice): void {
    if (key === 'value') this.#value = readNumber(slice);
    else if (key === 'name') this.#counter = COUNTER_TABLE.find(slice.buffer, slice.start, slice.end);
  }

  #readHealth(key: Key, slice: JsonSlice): void {
    if (key === 'eds_health_status')
      this.#host.flags |= EDS_FLAGS[EDS_TABLE.find(slice.buffer, slice.start, slice.end)];
    else if (isTrue(slice)) this.#host.flags |= FLAG_OF_KEY[key] ?? 0;
  }

  #readAddress(kind: Kind, key: Key, slice: JsonSlice): void {
    const host = this.#host;
    if (kind === 'socket' && key === 'port_value') host.port = readNumber(slice);
    else if (kind === 'socket' && key === 'address') host.address = readText(slice);
    else if (kind === 'pipe' && key === 'path') Object.assign(host, { scheme: 'unix', address: readText(slice) });
    else if (kind === 'internal' && key === 'server_listener_name')
      Object.assign(host, { scheme: 'internal', address: readText(slice) });
  }

  #readHost(key: Key, slice: JsonSlice): void {
    if (key === 'hostname') this.#host.hostname = readText(slice);
    else if (key === 'weight') this.#host.weight = readNumber(slice);
    else if (key === 'priority') this.#host.priority = readNumber(slice);
  }

  #readCluster(key: Key, slice: JsonSlice): void {
    if (key === 'name') this.#cluster.name = readText(slice);
    else if (key === 'observability_name') this.#cluster.observabilityName = readText(slice);
    else if (key === 'eds_service_name') this.#cluster.edsServiceName = readText(slice);
    else if (key === 'added_via_api') this.#cluster.addedViaApi = isTrue(slice);
  }

  #readThreshold(key: Key, slice: JsonSlice): void {
    const threshold = this.#threshold;
    if (key === 'priority') threshold.priority = readText(slice) === 'HIGH' ? 'high' : 'default';
    else if (key === 'max_connections') threshold.maxConnections = readNumber(slice);
    else if (key === 'max_pending_requests') threshold.maxPendingRequests = readNumber(slice);
    else if (key === 'max_requests') threshold.maxRequests = readNumber(slice);
    else if (key === 'max_retries') threshold.maxRetries = readNumber(slice);
  }
}
