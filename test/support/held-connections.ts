import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const REQUEST =
  'GET / HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n';

/** A backend that upgrades every connection and then is silent, and clients that go to it through nginx; on unix sockets. */
export class HeldConnections {
  readonly directory = mkdtempSync(join(tmpdir(), 'badgateway-held-'));
  /** Where nginx is to listen. */
  readonly front = join(this.directory, 'front.sock');
  readonly #back = join(this.directory, 'back.sock');
  readonly #backend: Server;
  readonly #backendSockets = new Set<Socket>();
  #clients: Socket[] = [];

  constructor(t: TestContext) {
    this.#backend = createServer((socket) => {
      this.#backendSockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#backendSockets.delete(socket));
      socket.once('data', () => socket.write(SWITCHED));
    }).listen(this.#back);
    t.after(() => this.#end());
  }

  /** A server block that listens on `front` and sends everything to the backend. */
  server(listens: readonly string[] = []): string {
    const more = listens.map((listen) => `listen ${listen};`).join(' ');
    return `server { listen unix:${this.front}; ${more}
      location = /nginx-is-up { return 200; }
      location / { proxy_pass http://unix:${this.#back}; proxy_http_version 1.1; proxy_read_timeout 600s;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }`;
  }

  /** One more WebSocket; false: nginx has no room for it. */
  open(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(this.front);
    this.#clients.push(socket);
    socket.on('error', () => {}).on('close', () => resolve(false));
    socket.once('data', (data) => resolve(data.toString('latin1').startsWith('HTTP/1.1 101')));
    socket.write(REQUEST);
    return promise;
  }

  /** Every client leaves. */
  close(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients = [];
  }

  #end(): void {
    this.close();
    for (const socket of this.#backendSockets) socket.destroy();
    this.#backend.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
