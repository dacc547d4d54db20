import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { PeerSocket, PeerSockets, SocketsSeen } from '../contract/upstream.ts';

const MOST_GATEWAYS = 500;

/** The latest look at the sockets of each gateway whose network is its own. */
export class PeerSocketMemory {
  /** Those told of longest ago first. */
  readonly #byKey = new Map<string, SocketsSeen>();
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  counted(key: string, seen: SocketsSeen | null): void {
    this.#byKey.delete(key);
    if (seen === null) return;
    this.#byKey.set(key, seen);
    if (this.#byKey.size <= MOST_GATEWAYS) return;
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest);
      this.#dropped++;
      break;
    }
  }

  all(): readonly SocketsSeen[] {
    return [...this.#byKey.values()];
  }

  /** What anybody in the network (`NodeNetwork.identity`) had towards the address at its last whole look; undefined: nobody looked. */
  within(
    network: string,
    { ip, port }: PeerSocket,
  ): { seen: SocketsSeen; sockets: PeerSockets | undefined } | undefined {
    let latest: SocketsSeen | undefined;
    for (const seen of this.#byKey.values())
      if (seen.network === network && seen.isWhole && seen.atMs > (latest?.atMs ?? 0)) latest = seen;
    return latest && { seen: latest, sockets: latest.peers.find((peer) => peer.ip === ip && peer.port === port) };
  }

  /** What the gateway had towards the address at the last look; undefined: nobody looked, or several of its name in networks of their own. */
  towards(
    proxy: ProxyKind,
    subject: Subject,
    { ip, port }: PeerSocket,
  ): { readonly seen: SocketsSeen; readonly sockets: PeerSockets } | undefined {
    const its = this.all().filter((seen) => seen.proxy === proxy && isSame(seen.subject, subject));
    if (its.length !== 1) return undefined;
    const sockets = its[0].peers.find((peer) => peer.ip === ip && peer.port === port);
    return { seen: its[0], sockets: sockets ?? { ip, port, active: 0, timeWait: 0, lowest: 0, highest: 0 } };
  }
}

function isSame(one: Subject, other: Subject): boolean {
  const { namespace, pod, container, gateway } = one;
  return (
    namespace === other.namespace && pod === other.pod && container === other.container && gateway === other.gateway
  );
}
