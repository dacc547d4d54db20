/** Raw requests to an API server, with nothing between the test and the bytes. */
import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { request } from 'node:https';
import type { KubernetesObject } from './objects.ts';

export interface Target {
  readonly url: string;
  readonly ca: string;
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** The body as JSON, of whatever the test knows it is. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared field by field
  readonly json: any;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly timeoutMs?: number;
}

function send(target: Target, path: string, options: AskOptions, take: (response: IncomingMessage) => void) {
  const { token, url, ca, cert, key, agent } = target;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type = options.body === undefined ? {} : { 'content-type': 'application/json' };
  const outgoing = request(`${url}${path}`, {
    ...{ ca, method: options.method ?? 'GET', agent: agent ?? false },
    ...(cert === undefined ? {} : { cert, key }),
    headers: { ...authorization, ...type, ...options.headers },
  });
  outgoing.once('response', take);
  outgoing.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  return outgoing;
}

/** Rejects with the error of the socket, or with `timeout`. */
export function ask(target: Target, path: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = send(target, path, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        const body = Buffer.concat(chunks);
        const isJson = response.headers['content-type'] === 'application/json' && !response.headers['content-encoding'];
        const json = isJson ? JSON.parse(body.toString()) : undefined;
        resolve({ status: response.statusCode!, headers: response.headers, body, json });
      });
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    outgoing.on('error', fail);
    const timer = setTimeout(() => outgoing.destroy(new Error('timeout')), options.timeoutMs ?? 10_000);
  });
}

export interface SeenEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: bookmarks, errors and objects of every kind
  readonly object: KubernetesObject & Record<string, any>;
}

/** An open watch: its chunks as they came, its events as they became whole, and how it ended. */
export class RawWatch {
  readonly chunks: Buffer[] = [];
  readonly events: SeenEvent[] = [];
  /** `end`, or the code of the error; undefined while it is open. */
  ended: string | undefined;
  status = 0;
  readonly #outgoing: ReturnType<typeof send>;
  readonly #waiting = new Set<() => void>();
  #rest = Buffer.alloc(0);

  static async open(target: Target, path: string, options: AskOptions = {}): Promise<RawWatch> {
    const watch = new RawWatch(target, path, options);
    await watch.until(() => watch.status !== 0 || watch.ended !== undefined);
    return watch;
  }

  private constructor(target: Target, path: string, options: AskOptions) {
    this.#outgoing = send(target, path, options, (response) => {
      this.status = response.statusCode!;
      this.#changed();
      response.on('data', (chunk: Buffer) => this.#take(chunk));
      response.on('end', () => this.#end('end'));
      response.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    });
    this.#outgoing.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
  }

  /** Bytes of a line that is not whole. */
  get rest(): string {
    return this.#rest.toString();
  }

  async next(count: number, timeoutMs = 5000): Promise<SeenEvent[]> {
    await this.until(() => this.events.length >= count, timeoutMs);
    return this.events;
  }

  async end(timeoutMs = 5000): Promise<string> {
    await this.until(() => this.ended !== undefined, timeoutMs);
    return this.ended!;
  }

  until(holds: () => boolean, timeoutMs = 5000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        act();
      };
      const look = () => holds() && finish(resolve);
      const state = () => new Error(`after ${timeoutMs} ms: ${JSON.stringify(this.events)} ${this.ended ?? 'open'}`);
      const timer = setTimeout(() => finish(() => reject(state())), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#outgoing.destroy();
  }

  #take(chunk: Buffer): void {
    this.chunks.push(chunk);
    let bytes = Buffer.concat([this.#rest, chunk]);
    for (let newline = bytes.indexOf(10); newline >= 0; newline = bytes.indexOf(10)) {
      this.events.push(JSON.parse(bytes.subarray(0, newline).toString()) as SeenEvent);
      bytes = bytes.subarray(newline + 1);
    }
    this.#rest = bytes;
    this.#changed();
  }

  #end(how: string): void {
    this.ended ??= how;
    this.#changed();
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }
}
