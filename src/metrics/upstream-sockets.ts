import {
  gauge,
  type MetricTable,
  SUBJECT_LABELS,
  UNKNOWN_UPSTREAM,
  UPSTREAM_LABELS,
  type UpstreamIdentity,
  type Writers,
} from '../contract/metrics.ts';
import type { PeerSockets, ServerInUse, SocketsSeen } from '../contract/upstream.ts';
import type { TrackedUpstream } from '../facts/tracked-upstream.ts';
import { labelsOf } from '../facts/upstream-identity.ts';

export const UPSTREAM_SOCKET_METRICS = {
  sockets: gauge(
    'badgateway_upstream_sockets',
    'TCP sockets of a gateway towards the addresses of an upstream: those in use (active) and those in TIME_WAIT, each of which holds a local port. Without an upstream: towards all other addresses.',
    [...SUBJECT_LABELS, 'proxy', ...UPSTREAM_LABELS, 'state'],
  ),
  ports: gauge(
    'badgateway_upstream_local_ports_in_use',
    'Local ports that sockets towards one address take, TIME_WAIT included; of the address of the upstream that has the most.',
    [...SUBJECT_LABELS, 'proxy', ...UPSTREAM_LABELS],
  ),
  limit: gauge(
    'badgateway_gateway_local_ports_limit',
    "Local ports that connections to one address can have (net.ipv4.ip_local_port_range); estimated=true: the gateway's network is not ours, and the kernel's default is taken.",
    [...SUBJECT_LABELS, 'proxy', 'estimated'],
  ),
  keepalive: gauge(
    'badgateway_upstream_keepalive_limit',
    'Idle connections to an upstream that each worker of nginx keeps (keepalive); only where all sockets of the upstream are told from others: its servers are addresses, and no other upstream of the gateway has one of them.',
    [...SUBJECT_LABELS, 'proxy', ...UPSTREAM_LABELS],
  ),
} as const satisfies MetricTable;

/** 32768 to 60999. */
const DEFAULT_PORTS = 28_232;

interface Use {
  readonly labels: UpstreamIdentity;
  active: number;
  timeWait: number;
  most: number;
}

/** The sockets of gateways by upstream. */
export class UpstreamSocketSeries {
  readonly #writers: Writers<typeof UPSTREAM_SOCKET_METRICS>;
  #shown: readonly SocketsSeen[] = [];

  constructor(writers: Writers<typeof UPSTREAM_SOCKET_METRICS>) {
    this.#writers = writers;
  }

  /** Costs nothing when nobody has looked since: which upstream has an address is asked once for each look. */
  publish(looks: readonly SocketsSeen[], upstreams: () => readonly TrackedUpstream[]): void {
    if (looks.length === this.#shown.length && looks.every((seen, at) => seen === this.#shown[at])) return;
    this.#shown = looks;
    const { sockets, ports, limit, keepalive } = this.#writers;
    for (const writer of [sockets, ports, limit, keepalive]) writer.reset();
    const byGateway = Map.groupBy(upstreams(), ({ view }) => keyOf(view));
    const most = new Map<string, number>();
    for (const seen of looks) {
      const gateway = { ...seen.subject, proxy: seen.proxy };
      limit.set({ ...gateway, estimated: String(seen.localPorts === null) }, seen.localPorts ?? DEFAULT_PORTS);
      const its = byGateway.get(keyOf(seen)) ?? [];
      for (const { labels, most } of poolsOf(its)) keepalive.set({ ...gateway, ...labels }, most);
      for (const use of usesOf(seen, its)) {
        const labels = { ...gateway, ...use.labels };
        // Gateways of one name in several networks are one, but each has ports of its own.
        const key = Object.values(labels).join('\xff');
        most.set(key, Math.max(use.most, most.get(key) ?? 0));
        sockets.inc({ ...labels, state: 'active' }, use.active);
        sockets.inc({ ...labels, state: 'time_wait' }, use.timeWait);
        ports.set(labels, most.get(key)!);
      }
    }
  }
}

interface Pool {
  readonly labels: UpstreamIdentity;
  /** Idle connections of one worker. */
  readonly most: number;
}

/** What nginx keeps for the upstreams whose sockets are all known to be theirs. */
function poolsOf(upstreams: readonly TrackedUpstream[]): Pool[] {
  if (!upstreams.some(({ upstream }) => upstream.keepalive !== undefined)) return [];
  const users = new Map<string, number>();
  for (const { upstream } of upstreams)
    for (const address of new Set(upstream.servers.map(addressOf))) users.set(address, (users.get(address) ?? 0) + 1);
  return upstreams.flatMap((tracked) => {
    const { keepalive, servers } = tracked.upstream;
    const isOwn = servers.every((server) => server.kind === 'ip' && users.get(addressOf(server)) === 1);
    return keepalive === undefined || !isOwn ? [] : [{ labels: labelsOf(tracked), most: keepalive }];
  });
}

function addressOf({ host, port }: ServerInUse): string {
  return `${host} ${port}`;
}

/** An address of several upstreams counts for the first of them, so that the sum is that of the sockets. */
function usesOf({ peers }: SocketsSeen, upstreams: readonly TrackedUpstream[]): Use[] {
  const left = new Map<string, Map<number, PeerSockets>>();
  for (const peer of peers) left.set(peer.ip, (left.get(peer.ip) ?? new Map()).set(peer.port, peer));
  const uses = new Map<string, Use>();
  for (const tracked of upstreams) {
    for (const { host, port } of tracked.upstream.servers) {
      const ports = left.get(host);
      const peer = port === null ? undefined : ports?.get(port);
      if (ports === undefined || peer === undefined) continue;
      ports.delete(peer.port);
      add(uses, labelsOf(tracked), peer);
    }
  }
  for (const ports of left.values()) for (const peer of ports.values()) add(uses, UNKNOWN_UPSTREAM, peer);
  return [...uses.values()];
}

function add(uses: Map<string, Use>, labels: UpstreamIdentity, { active, timeWait }: PeerSockets): void {
  const key = Object.values(labels).join('\xff');
  const use = uses.get(key) ?? { labels, active: 0, timeWait: 0, most: 0 };
  uses.set(key, use);
  use.active += active;
  use.timeWait += timeWait;
  use.most = Math.max(use.most, active + timeWait);
}

function keyOf({ proxy, subject }: Pick<SocketsSeen, 'proxy' | 'subject'>): string {
  const { namespace, pod, container, gateway } = subject;
  return [proxy, namespace, pod, container, gateway].join('\xff');
}
