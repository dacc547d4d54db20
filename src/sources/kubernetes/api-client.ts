import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { accessWithin } from './access-deadline.ts';
import { ApiError, asApiError, errorOfSocket, errorOfStatus, parsed } from './api-error.ts';
import type { DatedAnswer } from './clock-offset.ts';
import type { Access } from './credentials.ts';
import { type ApiResource, rootOf } from './resources.ts';
import type { Timing } from './timing.ts';
import { Turns } from './turns.ts';

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Per API server: a watch per resource and namespace, twice while a new plan takes the place of an old one. */
const MOST_SOCKETS = 60;
const TCP_KEEPALIVE_MS = 30_000;
/** Body of an error: a Status object. */
const MOST_STATUS_BYTES = 64 * 1024;
/** After so many bytes other work of the event loop has its turn. */
const SLICE_BYTES = 128 * 1024;

export type Verb = 'list' | 'watch';

export interface ApiRequest {
  readonly verb: Verb;
  readonly resource: ApiResource;
  /** '' for all. */
  readonly namespace: string;
  readonly query: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface ApiBody {
  /** The answer is 200. */
  started?(): void;
  /** What it throws ends the request and comes out of `get`. */
  chunk(chunk: Buffer): void;
}

/** Counters of what goes over the wire. */
export interface ApiObserver {
  /** A new TCP connection, and with it a TLS handshake. */
  connected(): void;
  /** `status` 0: no answer. */
  answered(resource: ApiResource, verb: Verb, status: number): void;
  /** Headers have come, whatever the status. */
  dated?(answer: DatedAnswer): void;
}

export interface ApiClientOptions {
  readonly credentials: { access(): Promise<Access>; refresh(): void };
  readonly timing: Timing;
  readonly observer: ApiObserver;
}

/** GET from one Kubernetes API server, over connections that are kept. */
export class ApiClient {
  /** For lists that may wait for each other. */
  readonly comparing = new Turns();
  readonly #options: ApiClientOptions;
  /** Made at the first request: node:https brings TLS and OpenSSL, 4 MB that nobody needs outside a cluster. */
  #agents: ReturnType<typeof createAgents> | undefined;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Ends with the body. Rejects with ApiError, also when `signal` aborts (`cancelled`). */
  async get(wanted: ApiRequest, body: ApiBody): Promise<void> {
    const { credentials, timing } = this.#options;
    const access = await accessWithin(() => credentials.access(), timing.connectMs, wanted.signal);
    const { resource, verb } = wanted;
    let status = 0;
    try {
      await new Exchange(this.#open(access, wanted), wanted, this.#options, body, (code) => {
        status = code;
      }).done;
    } finally {
      if (status !== 0 || !wanted.signal.aborted) this.#options.observer.answered(resource, verb, status);
    }
  }

  /** The token or a certificate was refused. */
  refresh(): void {
    this.#options.credentials.refresh();
  }

  close(): void {
    for (const agent of Object.values(this.#agents ?? {})) agent.destroy();
  }

  #open({ server, tls, headers }: Access, wanted: ApiRequest): ClientRequest {
    const protocol = server.protocol === 'http:' ? 'http:' : 'https:';
    this.#agents ??= createAgents();
    const common = {
      protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? undefined : server.port,
      path: server.pathname.replace(/\/$/, '') + pathOf(wanted),
      method: 'GET',
      headers: { ...headers, accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'badgateway' },
    };
    // A changed authority or certificate is another pool of the same agent: never a connection that the old one vouched for.
    try {
      return protocol === 'https:'
        ? httpsRequest({ ...common, ...tls, agent: this.#agents[protocol] })
        : httpRequest({ ...common, agent: this.#agents[protocol] });
    } catch (error) {
      // A certificate or token that is half written.
      throw new ApiError('credentials', 'credentials of the API cannot be used', { cause: error });
    }
  }
}

function createAgents() {
  const options = { keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS, maxSockets: MOST_SOCKETS };
  return { 'https:': new HttpsAgent(options), 'http:': new HttpAgent(options) };
}

function pathOf({ resource, namespace, query }: ApiRequest): string {
  if (namespace !== '' && !NAMESPACE.test(namespace)) throw new ApiError('rejected', 'not a name of a namespace');
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  return `${rootOf(resource)}${scope}/${resource}?${new URLSearchParams(query)}`;
}

const cancelled = () => new ApiError('cancelled', 'cancelled');

/** One request and its answer. */
class Exchange {
  readonly done: Promise<void>;
  readonly #outgoing: ClientRequest;
  readonly #wanted: ApiRequest;
  readonly #options: ApiClientOptions;
  readonly #body: ApiBody;
  readonly #onStatus: (code: number) => void;
  readonly #settled = Promise.withResolvers<void>();
  readonly #cancel = () => this.#fail(cancelled());
  #timer: NodeJS.Timeout | undefined;
  #sentMs = Number.POSITIVE_INFINITY;
  #slice = 0;
  #isSettled = false;

  constructor(
    outgoing: ClientRequest,
    wanted: ApiRequest,
    options: ApiClientOptions,
    body: ApiBody,
    onStatus: (code: number) => void,
  ) {
    this.#outgoing = outgoing;
    this.#wanted = wanted;
    this.#options = options;
    this.#body = body;
    this.#onStatus = onStatus;
    this.done = this.#settled.promise.finally(() => this.#release());
    wanted.signal.addEventListener('abort', this.#cancel, { once: true });
    this.#limit(options.timing.connectMs, 'no connection to the API server');
    outgoing.on('error', (error: NodeJS.ErrnoException) => this.#fail(errorOfSocket(error)));
    outgoing.on('socket', () => this.#onSocket());
    outgoing.on('response', (response) => this.#onResponse(response));
    outgoing.end();
  }

  #onSocket(): void {
    const socket = this.#outgoing.socket;
    const ask = () => {
      this.#sentMs = Date.now();
      this.#limit(this.#options.timing.headersMs, 'no answer from the API server');
    };
    if (socket === null || this.#outgoing.reusedSocket) {
      ask();
      return;
    }
    this.#options.observer.connected();
    socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
    socket.once(this.#outgoing.protocol === 'https:' ? 'secureConnect' : 'connect', ask);
  }

  #onResponse(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const { date } = response.headers;
    const moment = { sentMs: this.#sentMs, heardMs: Date.now(), steadyMs: performance.now() };
    this.#options.observer.dated?.({ ...moment, date });
    this.#onStatus(status);
    response.on('error', (error: NodeJS.ErrnoException) => this.#fail(errorOfSocket(error)));
    response.on('close', () => this.#fail(new ApiError('reset', 'connection to the API server broke')));
    if (status !== 200) {
      this.#onRefusal(response, status);
      return;
    }
    clearTimeout(this.#timer);
    this.#guarded(() => this.#body.started?.());
    response.on('data', (chunk: Buffer) => {
      this.#guarded(() => this.#body.chunk(chunk));
      this.#slice += chunk.length;
      if (this.#slice < SLICE_BYTES) return;
      this.#slice = 0;
      response.pause();
      setImmediate(() => response.resume());
    });
    response.on('end', () => this.#ended(() => this.#settled.resolve()));
  }

  /** The body is read to its end, so that the connection can be used again; the header's deadline still holds. */
  #onRefusal(response: IncomingMessage, status: number): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refusal = () =>
      errorOfStatus(status, parsed(Buffer.concat(chunks)), String(response.headers['retry-after'] ?? ''));
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_STATUS_BYTES) chunks.push(chunk);
      else this.#fail(refusal());
    });
    response.on('end', () => this.#ended(() => this.#settled.reject(refusal())));
  }

  /** A busy process may read the answer before it hears that the request is sent: only then is the connection free. */
  #ended(settle: () => void): void {
    this.#isSettled = true;
    if (this.#outgoing.writableFinished || this.#outgoing.closed) settle();
    else this.#outgoing.once('close', settle);
  }

  #guarded(consume: () => void): void {
    if (this.#isSettled) return;
    try {
      consume();
    } catch (error) {
      this.#fail(asApiError(error));
    }
  }

  #limit(ms: number, message: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(new ApiError('timeout', `${message} within ${ms} ms`)), ms);
  }

  #fail(error: ApiError): void {
    // After its end the connection may already serve another request.
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settled.reject(error);
    this.#outgoing.destroy();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#wanted.signal.removeEventListener('abort', this.#cancel);
  }
}
