import type { PeerSockets } from '../contract/upstream.ts';
import { TCP_TIME_WAIT, type TcpSocket } from '../parse/tcp-sockets.ts';

const MOST_PEERS = 5_000;

interface Counts {
  active: number;
  timeWait: number;
  lowest: number;
  highest: number;
}

/**
 * Counts how many local ports connections to each address take. Of all users: the kernel shows TIME_WAIT as root's, and a port that somebody
 * else in the network has towards the same address is taken too. Several addresses of its own count together.
 */
export class PortUse {
  readonly #mostPeers: number;
  #byIp = new Map<string, Map<number, Counts>>();
  #size = 0;
  #skipped = 0;

  constructor(mostPeers = MOST_PEERS) {
    this.#mostPeers = mostPeers;
  }

  /** Sockets of addresses beyond the limit. */
  get skipped(): number {
    return this.#skipped;
  }

  begin(): void {
    this.#byIp = new Map();
    this.#size = 0;
    this.#skipped = 0;
  }

  /** A socket that neither listens nor was taken by one that does. */
  add(socket: TcpSocket): void {
    const ip = socket.remoteIp();
    let ports = this.#byIp.get(ip);
    let counts = ports?.get(socket.remotePort);
    if (counts === undefined) {
      if (this.#size >= this.#mostPeers) {
        this.#skipped++;
        return;
      }
      this.#size++;
      counts = { active: 0, timeWait: 0, lowest: socket.localPort, highest: socket.localPort };
      ports ??= new Map();
      this.#byIp.set(ip, ports.set(socket.remotePort, counts));
    }
    if (socket.localPort < counts.lowest) counts.lowest = socket.localPort;
    else if (socket.localPort > counts.highest) counts.highest = socket.localPort;
    if (socket.state === TCP_TIME_WAIT) counts.timeWait++;
    else counts.active++;
  }

  peers(): PeerSockets[] {
    return [...this.#byIp].flatMap(([ip, ports]) => [...ports].map(([port, counts]) => ({ ip, port, ...counts })));
  }
}
