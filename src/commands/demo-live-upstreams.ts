import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Faulty servers on loopback, by what they do to a request. */
export interface FaultyUpstreams {
  readonly ports: Readonly<Record<'ok' | 'closes' | 'silent' | 'nobody' | 'dns', number>>;
  close(): void;
}

const HOST = '127.0.0.1';

export async function startFaultyUpstreams(): Promise<FaultyUpstreams> {
  const ok = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
  const closes = await serve((socket) => socket.end());
  const silent = await serve(() => {});
  const nobody = await serve(() => {});
  nobody.close();
  const dns = await serveNxdomain();
  const all = [ok, closes, silent, dns];
  return {
    ports: { ok: ok.port, closes: closes.port, silent: silent.port, nobody: nobody.port, dns: dns.port },
    close() {
      for (const one of all) one.close();
    },
  };
}

interface Closable {
  readonly port: number;
  close(): void;
}

async function serve(onRequest: (socket: Socket) => void): Promise<Closable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => onRequest(socket));
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Answers every question with NXDOMAIN (RFC 1035 §4.1.1). */
async function serveNxdomain(): Promise<Closable> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = Buffer.from(query);
    answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => void socket.close() };
}
