import { CLUSTER_RESOURCES } from './contract/cluster.ts';
import { ENDPOINT_STATES } from './contract/endpoint.ts';
import type { ServerInUse } from './contract/upstream.ts';
import type { ClusterState } from './facts/cluster-state.ts';
import { addressText, type SocketAddress } from './facts/endpoint-states.ts';
import type { MappedService, TrackedUpstream } from './facts/tracked-upstream.ts';
import { NO_ADDRESSES } from './facts/upstream-comparison.ts';
import type { AddressStatus, ListedState, NotCompared, UpstreamStatus, UpstreamsReport } from './http/views.ts';

export const iso = (ms: number) => new Date(ms).toISOString();

/** An address of an upstream as it is shown, but for its pod. */
export interface ListedAddress {
  readonly address: string;
  /** Null: it is no address of a pod. */
  readonly ip: SocketAddress | null;
  readonly state: ListedState;
  readonly why: NotCompared | '';
  /** Milliseconds since the epoch; 0 when that is not known. */
  readonly sinceMs: number;
  readonly place: string;
}

/** Every server of the upstream, those that are not compared too, then the addresses that it lacks. */
export function listAddresses({ upstream, mapped, compared }: TrackedUpstream, cluster: ClusterState): ListedAddress[] {
  const left = new Map(compared.addresses.map((found) => [found.address, found]));
  const listed = upstream.servers.map((server): ListedAddress => {
    const { place, host: ip, port, kind } = server;
    const address = textOf(server);
    const why = whyNot(server, mapped, cluster);
    if (why !== '' || kind !== 'ip' || port === null) return { address, ip: null, state: '', why, sinceMs: 0, place };
    const found = left.get(address);
    if (found === undefined && server.isDraining)
      return { address, ip: null, state: '', why: 'draining', sinceMs: 0, place };
    return { address, ip: { ip, port }, state: found?.state ?? 'unknown', why, sinceMs: found?.sinceMs ?? 0, place };
  });
  for (const { address } of listed) left.delete(address);
  for (const { address, state, sinceMs } of left.values())
    listed.push({ address, ip: readAddress(address), state, why: '', sinceMs, place: '' });
  return listed;
}

function whyNot(
  { kind, host, port }: ServerInUse,
  { isStatic, service }: MappedService,
  cluster: ClusterState,
): NotCompared | '' {
  if (kind !== 'ip') return kind;
  if (port === null) return 'no_port';
  if (cluster.serviceOfClusterIp(host) !== undefined) return 'cluster_ip';
  if (!isStatic) return '';
  if (isOfService(host, cluster)) return 'cluster_ip';
  return service !== null && cluster.service(service.service)?.externalName === '' ? 'node_port' : 'external_name';
}

/** One that a load balancer or the Service itself has. */
function isOfService(host: string, cluster: ClusterState): boolean {
  for (const { externalIps = [] } of cluster.services()) if (externalIps.includes(host)) return true;
  return false;
}

function textOf({ kind, host, port }: ServerInUse): string {
  if (kind === 'unix' || (kind === 'placeholder' && host.startsWith('/'))) return `unix:${host}`;
  return port === null ? host : addressText({ ip: host, port });
}

/** Of `addressText`. */
function readAddress(address: string): SocketAddress {
  const colon = address.lastIndexOf(':');
  return { ip: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** The upstream with the addresses that are shown of it. */
export function statusOf(
  [tracked, addresses]: readonly [TrackedUpstream, readonly AddressStatus[]],
  { nearest, changedMs }: { readonly nearest: readonly string[]; readonly changedMs: number | null },
): UpstreamStatus {
  const { upstream, mapped, compared } = tracked;
  const { service, portNumber, method, isStatic } = mapped;
  const [namespace = '', name = ''] = service?.service.split('/') ?? [];
  return {
    name: upstream.name,
    service: service === null ? null : { namespace, name, port: portNumber },
    mapping:
      nearest.length === 0
        ? { method, reason: mapped.reason }
        : { method, reason: `${mapped.reason}; the nearest that there are: ${nearest.join(', ')}`, nearest },
    isStatic,
    counts: compared.counts,
    driftSince: compared.driftSinceMs === null ? null : iso(compared.driftSinceMs),
    slicesChangedAt: changedMs === null ? null : iso(changedMs),
    addresses,
  };
}

export function sumCounts(all: readonly TrackedUpstream[]): UpstreamsReport['counts'] {
  const counts = { ...NO_ADDRESSES };
  for (const { compared } of all) for (const state of ENDPOINT_STATES) counts[state] += compared.counts[state];
  return counts;
}

/** How old is what is known of the cluster. */
export function clusterStatus(cluster: ClusterState): UpstreamsReport['cluster'] {
  return CLUSTER_RESOURCES.map((resource) => {
    const atMs = cluster.currentAtMs(resource);
    const currentAt = atMs === null ? null : iso(atMs);
    return { resource, freshness: cluster.freshness(resource), currentAt, objects: cluster.sizes()[resource] };
  });
}
