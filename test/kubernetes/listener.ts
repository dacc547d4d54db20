/** The port of the fake API server: raw TCP in front of TLS, so that a test can reset, hold and count connections. */
import type { RequestListener } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { freePort } from '../support/freeport.ts';
import type { Certificates } from './certificates.ts';
import type { Counters } from './counters.ts';

interface Connection {
  readonly socket: Socket;
  readonly number: number;
  /** Once the handshake is done. */
  tls: TLSSocket | undefined;
}

export class Listener {
  /** New connections are accepted and hear nothing, not even the handshake. */
  holdHandshakes = false;
  readonly #https: HttpsServer;
  readonly #counters: Counters;
  readonly #raw = new Map<number, Connection>();
  #front: Server | undefined;
  #port = 0;

  constructor(certificates: Certificates, counters: Counters, handler: RequestListener) {
    this.#counters = counters;
    this.#https = createHttpsServer(
      { ...contextOf(certificates), requestCert: true, rejectUnauthorized: false },
      handler,
    );
    // Longer than any test: a kube-apiserver closes an idle connection after 90 s.
    this.#https.keepAliveTimeout = 600_000;
    this.#https.on('secureConnection', (tls) => {
      counters.tlsHandshakes += 1;
      const connection = this.#raw.get(tls.remotePort ?? 0);
      if (connection !== undefined) connection.tls = tls;
    });
    this.#https.on('tlsClientError', () => {
      counters.failedHandshakes += 1;
    });
  }

  get port(): number {
    return this.#port;
  }

  /** The same port every time. */
  async listen(): Promise<void> {
    if (this.#front !== undefined) return;
    // Not one that a connection of somebody else may be made from while this server is down.
    if (this.#port === 0) this.#port = await freePort();
    const front = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#front = front;
    await new Promise<void>((resolve, reject) => {
      front.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (front.address() as AddressInfo).port;
  }

  /** Like kill -9: every connection gets RST, the port is closed. */
  async kill(): Promise<void> {
    const front = this.#front;
    if (front === undefined) return;
    this.#front = undefined;
    const sockets = [...this.#raw.values()].map(({ socket }) => socket);
    const gone = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    const closed = new Promise<void>((resolve) => front.close(() => resolve()));
    this.resetAll();
    await Promise.all([closed, ...gone]);
  }

  resetAll(): void {
    for (const connection of this.#raw.values()) abort(connection);
  }

  /** RST for the connection with this port at the client's end. */
  reset(remotePort: number | undefined): void {
    const connection = this.#raw.get(remotePort ?? 0);
    if (connection !== undefined) abort(connection);
  }

  connectionNumber(remotePort: number | undefined): number {
    return this.#raw.get(remotePort ?? 0)?.number ?? 0;
  }

  /** For handshakes from now on; open connections go on as they are. */
  use(certificates: Certificates): void {
    this.#https.setSecureContext(contextOf(certificates));
  }

  #accept(socket: Socket): void {
    const { remotePort } = socket;
    if (remotePort === undefined) return void socket.destroy();
    this.#counters.connections += 1;
    this.#counters.openConnections += 1;
    this.#raw.set(remotePort, { socket, number: this.#counters.connections, tls: undefined });
    // Clients that go away are the normal case here.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#counters.openConnections -= 1;
      this.#raw.delete(remotePort);
    });
    if (!this.holdHandshakes) this.#https.emit('connection', socket);
  }
}

/** A handle that is reset while its shutdown is under way never closes and keeps Node 24 from exiting; it ends anyway. */
function abort({ socket, tls }: Connection): void {
  if (socket.writableEnded || tls?.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

const contextOf = ({ ca, server }: Certificates) => ({
  ca,
  cert: server.cert,
  key: server.key,
  minVersion: 'TLSv1.2' as const,
});
