/** What the fake API server has seen, for the test to read. */
import type { RequestInfo, Verb } from './resources.ts';

export interface SeenRequest {
  /** performance.now() of its arrival. */
  readonly at: number;
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly token: string;
  /** Number of the TCP connection it came over, from 1. */
  readonly connection: number;
  /** 0 as long as there is no answer. */
  code: number;
}

export type RequestMatch = Partial<Pick<SeenRequest, 'verb' | 'resource' | 'namespace' | 'name' | 'code'>>;

const MOST_REQUESTS = 10_000;

export class Counters {
  connections = 0;
  openConnections = 0;
  tlsHandshakes = 0;
  /** Connections that came to no handshake: the client did not like the certificate, or went away. */
  failedHandshakes = 0;
  /** The last 10,000. */
  readonly requests: SeenRequest[] = [];
  readonly #waiting = new Set<() => void>();

  arrived(info: RequestInfo, connection: number, token: string): SeenRequest {
    const { verb, resource, namespace, name } = info;
    const query = Object.fromEntries(info.query);
    const seen = { at: performance.now(), verb, resource, namespace, name, query, token, connection, code: 0 };
    this.requests.push(seen);
    if (this.requests.length > MOST_REQUESTS) this.requests.shift();
    this.#changed();
    return seen;
  }

  answered(request: SeenRequest, code: number): void {
    request.code = code;
    this.#changed();
  }

  matching(match: RequestMatch = {}): SeenRequest[] {
    const wanted = Object.entries(match) as [keyof RequestMatch, string | number][];
    return this.requests.filter((request) => wanted.every(([key, value]) => request[key] === value));
  }

  count(match: RequestMatch = {}): number {
    return this.matching(match).length;
  }

  /** The n-th request that matches, as soon as it is there; rejects after `timeoutMs`. */
  nth(count: number, match: RequestMatch, timeoutMs = 5000): Promise<SeenRequest> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        act();
      };
      const look = () => {
        const found = this.matching(match)[count - 1];
        if (found !== undefined) finish(() => resolve(found));
      };
      const late = () =>
        new Error(`${this.count(match)} of ${count} requests like ${JSON.stringify(match)} in ${timeoutMs} ms`);
      const timer = setTimeout(() => finish(() => reject(late())), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }
}
