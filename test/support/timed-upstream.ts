import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';

export const BODY = 'hello';

export interface TimedUpstream {
  readonly port: number;
  close(): void;
}

/** Answers `/missing` with 404, `/wait/N` after N milliseconds, anything else at once; connections are kept. */
export async function openTimedUpstream(): Promise<TimedUpstream> {
  const server = createServer((request, response) => {
    const waitMs = Number(/^\/wait\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    if (request.url === '/missing') response.statusCode = 404;
    if (waitMs === 0) response.end(BODY);
    else setTimeout(() => response.end(BODY), waitMs);
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Asks for `/wait/N` of each N, so many at a time; what each took in seconds, as the client saw it, ascending. */
export async function askTimed(port: number, waits: readonly number[], atOnce: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const left = [...waits];
  const took: number[] = [];
  const askAll = async () => {
    for (let waitMs = left.pop(); waitMs !== undefined; waitMs = left.pop()) {
      const startMs = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      get({ port, host: '127.0.0.1', path: `/wait/${waitMs}`, agent }, (response) => {
        response.resume().once('end', resolve);
      }).once('error', reject);
      await promise;
      took.push((performance.now() - startMs) / 1000);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askAll));
  agent.destroy();
  return took.sort((a, b) => a - b);
}
