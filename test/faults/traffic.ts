import { request } from 'node:http';

/** No answer, or not the whole of it. */
export const BROKEN = 0;

export interface Asked {
  /** By request; BROKEN for one that got no whole answer. */
  readonly statuses: readonly number[];
  /** When the last answer was over, milliseconds since the epoch. */
  readonly lastMs: number;
}

export interface Asking {
  readonly count: number;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** So many at a time. */
  readonly together?: number;
  /** Then the client gives up; it must never do so before the gateway. */
  readonly timeoutMs?: number;
}

/** Sends requests to a unix socket, each on its own connection. */
export async function ask(front: string, asking: Asking): Promise<Asked> {
  const statuses: number[] = [];
  let left = asking.count;
  const one = async () => {
    while (left-- > 0) statuses.push(await askOnce(front, asking));
  };
  await Promise.all(Array.from({ length: asking.together ?? 1 }, one));
  return { statuses, lastMs: Date.now() };
}

function askOnce(front: string, { path = '/', headers = {}, timeoutMs = 20_000 }: Asking): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const outgoing = request({ socketPath: front, path, agent: false, headers: { host: 'shop.example', ...headers } });
  outgoing.setTimeout(timeoutMs, () => outgoing.destroy());
  outgoing.on('error', () => resolve(BROKEN));
  outgoing.on('response', (response) => {
    response.resume();
    response.on('error', () => {});
    response.on('close', () => resolve(response.complete ? (response.statusCode ?? BROKEN) : BROKEN));
  });
  outgoing.end();
  return promise;
}

/** Those that the gateway, or the upstream behind it, failed. */
export function failedOf(statuses: readonly number[]): number {
  return statuses.filter((status) => status === BROKEN || status >= 500).length;
}

export function tally(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
