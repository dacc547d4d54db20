import type { ListenAnswer, ListenerSink, ListenersSeen } from '../contract/listener.ts';
import type { Clock } from '../contract/unit.ts';
import type { PeerSocket } from '../contract/upstream.ts';
import { isAnyIp, isLoopbackIp } from '../parse/ip-address.ts';

const MOST_NETWORKS = 1_000;
const MOST_OTHERS = 16;
const UNKNOWN: ListenAnswer = { state: 'unknown', others: [], atMs: null };

/** Ports that Istio's sidecar and its like open beside the application: they say nothing of where that listens. */
const isMeshPort = (port: number) => port >= 15_000 && port <= 15_099;

/** What listens at an address of a pod of this node, as last seen. */
export class Listeners implements ListenerSink {
  readonly #clock: Clock;
  readonly #networks = new Map<string, ListenersSeen>();
  /** Networks that have the address; several: told apart by nobody. */
  readonly #byIp = new Map<string, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listening(network: string, seen: ListenersSeen | null): void {
    const before = this.#networks.get(network);
    if (before === undefined && this.#networks.size >= MOST_NETWORKS) return;
    if (before !== undefined) this.#forget(network, before);
    if (seen === null) return;
    this.#networks.set(network, seen);
    for (const ip of seen.ips) {
      const networks = this.#byIp.get(ip) ?? new Set();
      this.#byIp.set(ip, networks.add(network));
    }
  }

  wanted(): ReadonlySet<string> {
    return new Set();
  }

  at({ ip, port }: PeerSocket): ListenAnswer {
    const networks = [...(this.#byIp.get(ip) ?? [])];
    const seen = networks.length === 1 ? this.#networks.get(networks[0]) : undefined;
    if (seen === undefined || this.#clock.now() >= seen.untilMs) return UNKNOWN;
    const { sockets, isWhole, atMs } = seen;
    const here = sockets.filter((socket) => socket.port === port).map((socket) => socket.ip);
    const answer = (state: ListenAnswer['state'], others: readonly number[] = []) => ({ state, others, atMs });
    const anyOfItsVersion = ip.includes(':') ? '::' : '0.0.0.0';
    if (here.includes(ip) || here.includes(anyOfItsVersion)) return answer('listening');
    // For IPv4 a socket at :: listens unless IPV6_V6ONLY is set, which /proc does not show.
    if (here.includes('::') || !isWhole) return answer('unknown');
    if (here.length > 0) return answer(here.every(isLoopbackIp) ? 'bound_to_loopback' : 'not_listening');
    const others = othersOf(sockets, ip);
    return answer(others.length > 0 ? 'port_mismatch' : 'not_listening', others);
  }

  #forget(network: string, { ips }: ListenersSeen): void {
    this.#networks.delete(network);
    for (const ip of ips) {
      const networks = this.#byIp.get(ip);
      networks?.delete(network);
      if (networks?.size === 0) this.#byIp.delete(ip);
    }
  }
}

function othersOf(sockets: readonly PeerSocket[], ip: string): number[] {
  const reachable = sockets.filter((socket) => (isAnyIp(socket.ip) || socket.ip === ip) && !isMeshPort(socket.port));
  return [...new Set(reachable.map(({ port }) => port))].sort((a, b) => a - b).slice(0, MOST_OTHERS);
}
