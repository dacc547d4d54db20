import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { openBlackhole } from './envoy-blackhole.ts';

export interface Upstream {
  readonly port: number;
  close(): Promise<void>;
}

/** What a faulty upstream does with the first bytes of a request. */
const FAULTS = {
  ok: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
  /** RST after the request was read. */
  reset: (socket) => socket.resetAndDestroy(),
  /** FIN without an answer. */
  close: (socket) => socket.end(),
  /** A header, half of the body, FIN. */
  truncate: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'),
  /** Never answers. */
  silent: () => {},
  bigHeader: (socket) => socket.end(`HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(32_768)}\r\n\r\n`),
  noHttp: (socket) => socket.write('GARBAGE NOT HTTP\r\n\r\n'),
  invalidHeader: (socket) => socket.end('HTTP/1.1 200 OK\r\nX-Bad\x01Name: 1\r\n\r\n'),
} as const satisfies Record<string, (socket: Socket) => void>;
export type Fault = keyof typeof FAULTS;

/** A loopback server that fails in one way, or does that with the first bytes of a request. */
export async function openUpstream(does: Fault | ((socket: Socket) => unknown), port = 0): Promise<Upstream> {
  const react = typeof does === 'string' ? FAULTS[does] : does;
  return await listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => react(socket));
    }),
    port,
  );
}

/** A TLS server that answers 200 behind this certificate. */
export async function openTlsUpstream(files: { readonly cert: Buffer; readonly key: Buffer }): Promise<Upstream> {
  const server = createTlsServer(files, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => FAULTS.ok(socket));
  });
  server.on('tlsClientError', () => {});
  return await listen(server);
}

/** Nobody listens there, or comes to: the port is the near end of a connection. A free one may be given to the next who listens. */
export async function openRefusing(): Promise<Upstream> {
  const server = createServer((socket) => socket.on('error', () => {}).unref()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const held = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  await once(held, 'connect');
  server.close();
  return { port: held.unref().localPort!, close: async () => void held.destroy() };
}

/** Connections are neither accepted nor refused: a full accept queue. */
export { openBlackhole };

/** A DNS server on UDP that says NXDOMAIN to every question. */
export async function openNxdomain(): Promise<Upstream> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = Buffer.from(query);
    // QR, recursion desired and available, RCODE 3 (RFC 1035 §4.1.1); no records but the question.
    answer.writeUInt16BE(0x8183, 2);
    answer.fill(0, 6, 12);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** Upstreams by name, which go together. */
export class Upstreams {
  readonly ports: Record<string, number> = {};
  readonly #open: Upstream[] = [];

  async open(openings: Readonly<Record<string, Promise<Upstream>>>): Promise<void> {
    const opened = Object.entries(openings).map(async ([name, opening]) => {
      const upstream = await opening;
      this.#open.push(upstream);
      this.ports[name] = upstream.port;
    });
    await Promise.all(opened);
  }

  async close(): Promise<void> {
    for (const upstream of this.#open) await upstream.close();
  }
}

/** A server on loopback; its connections end with it. */
export async function listen(server: Server, port = 0): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
