import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../contract/unit.ts';
import type { ListenAddress } from './address.ts';
import { formatHostPort } from './address.ts';
import { classifyHandshake, satisfiesPolicy, serverPolicy } from './client-certificate.ts';
import type { HttpWriters } from './http-metrics.ts';
import type { WebConfig } from './web-config.ts';
import type { WebConfigStore } from './web-config-store.ts';

/** Bounds of one listener. Idle connections outlive a one-minute scrape interval; the rest is seconds. */
const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 95_000,
  connectionsCheckingInterval: 2_000,
} as const;
const INACTIVE_MS = 30_000;
const HANDSHAKE_MS = 5_000;
const MOST_CONNECTIONS = 200;
const STOP_MS = 5_000;
const STOP_STEP_MS = 20;

export interface ListenerOptions {
  readonly address: ListenAddress;
  /** The flag that chose the address, for errors. */
  readonly setting: string;
  readonly app: RequestListener;
  readonly store: WebConfigStore | null;
  readonly writers: HttpWriters;
  readonly log: Logger;
}

/** One HTTP or HTTPS server whose certificate and client policy follow the web config. */
export class Listener {
  private readonly options: ListenerOptions;
  private readonly server: Server;
  private running = 0;

  constructor(options: ListenerOptions) {
    this.options = options;
    this.server = options.store?.current.tls ? this.createTls(options.store) : createServer(LIMITS, this.answer);
    this.server.timeout = INACTIVE_MS;
    this.server.maxConnections = MOST_CONNECTIONS;
    this.server.on('drop', () => options.writers.connectionsDropped.inc({}));
  }

  async start(): Promise<void> {
    const { address, setting } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => reject(describeListenError(error, address, setting)));
      this.server.listen({ port: address.port, ...(address.host === '' ? {} : { host: address.host }) }, resolve);
    });
    this.server.removeAllListeners('error');
    this.server.on('error', (error) => this.options.log.error({ error: error.message }, 'listener failed'));
  }

  /** `host:port` as bound, the real port for port 0; null when not listening. */
  address(): string | null {
    const bound = this.server.address() as AddressInfo | null;
    return bound === null ? null : formatHostPort(bound.address, bound.port);
  }

  /** Takes no more, lets answers finish for five seconds, then closes. */
  async stop(): Promise<void> {
    // Not http.Server's own close: it cuts off answers that are complete but not yet read by a slow client.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
    const deadline = performance.now() + STOP_MS;
    while (this.running > 0 && performance.now() < deadline) await wait(STOP_STEP_MS);
    this.server.closeAllConnections();
    this.server.close();
    await closed;
  }

  /** Counts answers until their last byte is with the system. */
  private readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    this.running += 1;
    response.once('close', () => {
      this.running -= 1;
    });
    this.options.app(request, response);
  };

  private createTls(store: WebConfigStore): Server {
    const tls = () => store.current.tls!;
    const { writers } = this.options;
    // A connection of an older certificate or policy is closed at its next request.
    const generations = new WeakMap<object, WebConfig['tls']>();
    const server = createTlsServer(
      { ...LIMITS, ...tls().context, ...serverPolicy(tls()), handshakeTimeout: HANDSHAKE_MS },
      (request, response) => {
        store.refresh();
        if (generations.get(request.socket) === store.current.tls) this.answer(request, response);
        else request.socket.destroy();
      },
    );
    store.onChange(() => {
      server.setSecureContext(tls().context);
      Object.assign(server, serverPolicy(tls()));
    });
    server.prependListener('connection', () => store.refresh());
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      generations.set(socket, tls());
      if (satisfiesPolicy(tls(), socket)) return;
      writers.authFailures.inc({ reason: 'client_certificate' });
      socket.destroy();
    });
    server.on('tlsClientError', (error, socket) => countHandshake(writers, classifyHandshake(error, socket)));
    return server;
  }
}

function countHandshake(writers: HttpWriters, reason: ReturnType<typeof classifyHandshake>): void {
  if (reason === 'client_certificate') writers.authFailures.inc({ reason });
  else writers.handshakeFailures.inc({ reason });
}

function describeListenError(error: NodeJS.ErrnoException, { host, port }: ListenAddress, setting: string): Error {
  const where = formatHostPort(host, port);
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use by another program; stop it or choose another port with ${setting}`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; choose another with ${setting}`,
    EACCES: `port ${port} needs a right that this user lacks; choose one above 1023 with ${setting}`,
    ENOTFOUND: `the name ${host} does not resolve; choose another address with ${setting}`,
  };
  return new Error(`cannot listen on ${where}: ${words[error.code ?? ''] ?? `${error.message}; change ${setting}`}`, {
    cause: error,
  });
}
