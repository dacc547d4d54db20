import { connect } from 'node:net';

const PATIENCE_MS = 1_500;
const MOST_PROBED = 20;

/** `address:port` → null when it took a connection from here, else the error's code. Nothing is sent; the connection is closed at once. */
export async function probe(addresses: readonly string[]): Promise<Map<string, string | null>> {
  const sockets = [...new Set(addresses)].flatMap((address) => {
    const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/i.exec(address) ?? [];
    const host = bracketed ?? plain;
    return host === undefined ? [] : [{ address, host, port: Number(port) }];
  });
  const results = sockets.slice(0, MOST_PROBED).map(async ({ address, host, port }) => {
    return [address, await tryOnce(host, port)] as const;
  });
  return new Map(await Promise.all(results));
}

function tryOnce(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ host, port });
  socket.setTimeout(PATIENCE_MS);
  socket
    .once('connect', () => resolve(null))
    .once('timeout', () => resolve('ETIMEDOUT'))
    .once('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
  return promise.finally(() => socket.destroy());
}
