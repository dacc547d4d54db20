import type { PeerSocket } from '../contract/upstream.ts';
import { isLoopbackIp } from '../parse/ip-address.ts';
import { TCP_ESTABLISHED, TCP_LISTEN, TCP_SYN_SENT, type TcpSocket } from '../parse/tcp-sockets.ts';
import { PortUse } from './upstream-sockets-ports.ts';

const MOST_PEERS = 5_000;
const PORTS = 65_536;

interface Peer extends PeerSocket {
  connections: number;
  /** Differs when the connections are others: a sum over their local ports. */
  fingerprint: number;
}

interface Look {
  readonly atMs: number;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly isWhole: boolean;
}

/** What one look at the sockets of a gateway found. */
export interface FoundPeers {
  /** With a connection that was not there at the look before. */
  readonly used: readonly PeerSocket[];
  /** With old connections only, or where that cannot be told. */
  readonly held: readonly PeerSocket[];
  /** When the look before began: what is `used` was begun after it. */
  readonly sinceMs: number;
  /** Sockets of peers beyond the limit. */
  readonly skipped: number;
}

/** The addresses that a gateway connects to, from look to look at the sockets of its network namespace. */
export class OutgoingPeers {
  /** Ports that were listened on since the gateway is known: clients stay connected when a listener is closed. */
  readonly #listening = new Uint8Array(PORTS);
  /** What all sockets towards each address take. */
  readonly ports: PortUse;
  readonly #mostPeers: number;
  #users: ReadonlySet<number> = new Set();
  #before: Look | null = null;
  #peers = new Map<string, Peer>();
  #skipped = 0;

  constructor(mostPeers = MOST_PEERS) {
    this.#mostPeers = mostPeers;
    this.ports = new PortUse(mostPeers);
  }

  /** A look begins; only sockets of these users are the gateway's. */
  begin(users: ReadonlySet<number>): void {
    this.#users = users;
    this.#peers = new Map();
    this.#skipped = 0;
    this.ports.begin();
  }

  /** Listeners must come before connections that they took, as the kernel lists them in each of its tables. */
  readonly add = (socket: TcpSocket): void => {
    const { state, localPort, remotePort } = socket;
    if (state === TCP_LISTEN) this.#listening[localPort] = 1;
    if (this.#listening[localPort] === 1) return;
    this.ports.add(socket);
    if ((state !== TCP_ESTABLISHED && state !== TCP_SYN_SENT) || !this.#users.has(socket.uid)) return;
    const ip = socket.remoteIp();
    if (isLoopbackIp(ip) || isLoopbackIp(socket.localIp())) return;
    const key = `${ip} ${remotePort}`;
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      if (this.#peers.size >= this.#mostPeers) {
        this.#skipped++;
        return;
      }
      peer = { ip, port: remotePort, connections: 0, fingerprint: 0 };
      this.#peers.set(key, peer);
    }
    peer.connections++;
    peer.fingerprint = (peer.fingerprint + Math.imul(localPort + 1, 0x9e3779b1)) | 0;
  };

  /** The look that began at `atMs` is over. `isWhole`: all sockets were seen. */
  end(atMs: number, isWhole: boolean): FoundPeers {
    const before = this.#before;
    const used: PeerSocket[] = [];
    const held: PeerSocket[] = [];
    for (const [key, peer] of this.#peers) (isNew(peer, before, key) ? used : held).push(peer);
    this.#before = { atMs, peers: this.#peers, isWhole: isWhole && this.#skipped === 0 };
    return { used, held, sinceMs: before?.atMs ?? atMs, skipped: this.#skipped };
  }
}

/** Without a new one the connections are those of before or fewer. */
function isNew(peer: Peer, before: Look | null, key: string): boolean {
  const known = before?.peers.get(key);
  if (known === undefined) return before?.isWhole === true;
  return peer.connections >= known.connections && peer.fingerprint !== known.fingerprint && before?.isWhole === true;
}
