/**
 * What runs in a pod: a server that does one thing with every request. Reads commands from standard input, one a line: `do WHAT`,
 * `close` (no new connections), `end` (the same, and then no more), `listen PORT`. Writes a line when it is done.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { createServer as createTlsServer } from 'node:tls';

export interface AppOptions {
  readonly host: string;
  /** Null: nothing listens. */
  readonly port: number | null;
  readonly backlog?: number;
  readonly does?: Deed;
  /** Files of a certificate: it speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const LARGE = 'x'.repeat(8 * 1024 ** 2);

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

const DEEDS = {
  ok: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
  notFound: (socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
  error: (socket) => socket.end('HTTP/1.1 500 Oh\r\nContent-Length: 2\r\nConnection: close\r\n\r\noh'),
  unavailable: (socket) => socket.end('HTTP/1.1 503 Not Now\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
  badGateway: (socket) => socket.end('HTTP/1.1 502 Behind\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
  /** RST after the request was read. */
  reset: (socket) => socket.resetAndDestroy(),
  /** FIN without an answer. */
  close: (socket) => socket.end(),
  /** A header, half of the body, FIN. */
  truncate: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'),
  /** More than a gateway holds for a client that does not read. */
  large: (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE}`),
  silent: () => {},
  /** Answers when impatient clients have left. */
  late: (socket) => void setTimeout(() => DEEDS.ok(socket), 1000),
  /** A tunnel that ends, and one that is cut. */
  upgrade: (socket) => {
    socket.write(SWITCHING);
    setTimeout(() => socket.end(), 200);
  },
  upgradeReset: (socket) => {
    socket.write(SWITCHING);
    setTimeout(() => socket.resetAndDestroy(), 200);
  },
  bigHeader: (socket) => socket.end(`HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(100_000)}\r\n\r\n`),
  invalidHeader: (socket) => socket.end('HTTP/1.1 200 OK\r\nX-Bad\x01Name: 1\r\n\r\n'),
  garbage: (socket) => socket.end('GARBAGE NOT HTTP\r\n\r\n'),
  /** Takes memory until it is killed. */
  hog: () => void hog(),
  /** Begins an answer and takes memory. */
  hogInBody: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf');
    setTimeout(hog, 50);
  },
} as const satisfies Record<string, (socket: Socket) => unknown>;
export type Deed = keyof typeof DEEDS;

/** What it does at these, whatever it does otherwise. */
const BY_PATH: Readonly<Record<string, Deed>> = {
  '/well': 'ok',
  '/health': 'error',
  '/missing': 'notFound',
  '/late': 'late',
};

const taken: Buffer[] = [];
function hog(): void {
  // So slow that requests which came meanwhile have been read.
  taken.push(Buffer.alloc(8 * 1024 ** 2, 1));
  setImmediate(hog);
}

function serve({ host, backlog, tls }: AppOptions, port: number, deed: () => Deed): Server {
  const onConnection = (socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      const path = /^\S+ (\S+)/.exec(data.toString('latin1'))?.[1];
      DEEDS[BY_PATH[path ?? ''] ?? deed()](socket);
    });
  };
  const server =
    tls === undefined
      ? createServer(onConnection)
      : createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, onConnection);
  server.on('tlsClientError', () => {});
  server.listen({ host, port, ...(backlog === undefined ? {} : { backlog }) }, () => console.log('listens'));
  return server;
}

function main(options: AppOptions): void {
  let does: Deed = options.does ?? 'ok';
  let server = options.port === null ? null : serve(options, options.port, () => does);
  if (server === null) console.log('runs');
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, word = ''] = line.split(' ');
    if (command === 'listen') server = serve(options, Number(word), () => does);
    else if (command === 'end') {
      // As an application that ends well: what it has begun it brings to its end.
      server?.close(() => process.exit());
    } else if (command === 'do') {
      does = word as Deed;
      console.log('does');
    } else if (command === 'close') {
      server?.close();
      console.log('closed');
    }
  });
}

if (import.meta.main) main(JSON.parse(process.argv[2]) as AppOptions);
