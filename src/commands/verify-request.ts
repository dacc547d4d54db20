import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { type ErrorKind, errorKind } from './verify-errors.ts';

/** Of one request: the code of a whole answer, or why there was none. */
export type Outcome = { readonly code: number } | { readonly error: ErrorKind; readonly detail: string };

export interface SenderOptions {
  readonly url: URL;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  /** Of one request, milliseconds, from when it is sent to the last byte of the answer. */
  readonly timeoutMs: number;
  /** PEM; in place of the usual authorities. */
  readonly ca?: string | undefined;
  readonly mostSockets: number;
}

/** Methods that may be sent again when their connection was closed under them (RFC 9110 §9.2.2, RFC 9112 §9.3.1). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Sends requests over connections that are kept and used again. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #agent: Agent;
  readonly #underWay = new Set<ClientRequest>();
  #reopened = 0;
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    const settings = { keepAlive: true, maxSockets: options.mostSockets };
    this.#agent =
      options.url.protocol === 'https:'
        ? new TlsAgent({ ...settings, ...(options.ca === undefined ? {} : { ca: options.ca }) })
        : new Agent(settings);
  }

  /** How often the server had closed an idle connection just as it was used again, and the request went over a new one. */
  get reopened(): number {
    return this.#reopened;
  }

  /** Resolves always. */
  async send(): Promise<Outcome> {
    const first = await this.#attempt(true);
    if (first !== null) return first;
    this.#reopened++;
    return (await this.#attempt(false))!;
  }

  /** Ends what is under way and closes all connections. */
  close(): void {
    this.#isClosed = true;
    for (const outgoing of this.#underWay) outgoing.destroy();
    this.#agent.destroy();
  }

  /** Null: the connection was used again and closed at that moment, and the request may be sent again. */
  #attempt(mayRepeat: boolean): Promise<Outcome | null> {
    const { url, method, headers, timeoutMs } = this.#options;
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    const start = url.protocol === 'https:' ? requestTls : request;
    const outgoing = start(url, { method, headers, agent: mayRepeat ? this.#agent : false });
    this.#underWay.add(outgoing);
    let hasAnswer = false;
    const settle = (outcome: Outcome | null) => {
      clearTimeout(timer);
      this.#underWay.delete(outgoing);
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      settle({ error: 'timeout', detail: `${timeoutMs} ms` });
      outgoing.destroy();
    }, timeoutMs);
    const fail = (error: NodeJS.ErrnoException) => {
      const kind = errorKind(error);
      const isStale = kind === 'reset' && outgoing.reusedSocket && !hasAnswer && IDEMPOTENT.has(method);
      settle(isStale && mayRepeat && !this.#isClosed ? null : { error: kind, detail: error.code ?? error.message });
    };
    outgoing
      .on('error', fail)
      .on('upgrade', (response, socket) => {
        socket.destroy();
        settle({ code: response.statusCode ?? 0 });
      })
      .on('response', (response: IncomingMessage) => {
        hasAnswer = true;
        // The error of a cut answer is told by both; the first one counts.
        response.on('error', fail).on('end', () => settle({ code: response.statusCode ?? 0 }));
        response.resume();
      })
      .end();
    return promise;
  }
}
