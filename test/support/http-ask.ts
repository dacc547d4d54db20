import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request on its own connection; unlike fetch it sends the Host header it is told and does not unpack. */
export function ask(address: string, path: string, { method = 'GET', headers = {} }: AskOptions = {}): Promise<Answer> {
  const colon = address.lastIndexOf(':');
  const target = { host: address.slice(0, colon), port: address.slice(colon + 1), path, agent: false, method, headers };
  return new Promise((resolve, reject) => {
    const outgoing = request(target, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject).end();
  });
}
