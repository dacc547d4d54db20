import { TCP_LISTEN, TcpSocketReader } from './tcp-sockets.ts';

export interface ListeningSocket {
  /** Canonical; `0.0.0.0` and `::` are all addresses. */
  readonly ip: string;
  readonly port: number;
  /** Connections that wait to be accepted. */
  readonly queue: number;
}

const MOST_SOCKETS = 4096;

/**
 * The sockets that listen, from `net/tcp` or `net/tcp6` in pieces. They are the first rows of the file (tcp_seq_next in
 * net/ipv4/tcp_ipv4.c goes through the listeners before all else), so the first other row is the end of what is needed.
 */
export class ListeningSocketReader {
  readonly sockets: ListeningSocket[] = [];
  /** Sockets beyond 4096, which are left out. */
  skipped = 0;
  #isOver = false;
  readonly #reader = new TcpSocketReader((socket) => {
    this.#isOver ||= socket.state !== TCP_LISTEN;
    if (this.#isOver) return;
    const { localPort: port, acceptQueue: queue } = socket;
    if (this.sockets.length < MOST_SOCKETS) this.sockets.push({ ip: socket.localIp(), port, queue });
    else this.skipped++;
  });

  get malformed(): number {
    return this.#reader.malformed;
  }

  /** False: nothing that listens follows. `chunk` is not kept. */
  push(chunk: Uint8Array): boolean {
    this.#reader.push(chunk);
    return !this.#isOver;
  }

  /** The file is over: what has no newline is a row too. */
  end(): void {
    this.#reader.end();
  }
}
