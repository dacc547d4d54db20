import { createServer } from 'node:net';

/** Below those that connections are made from (ip_local_port_range), which take a port between its choice and its use. */
const LOWEST = 20_000;
const HOW_MANY = 10_000;

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * HOW_MANY);
    if (await isFree(port, host)) return port;
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  const found = await new Promise<boolean>((resolve, reject) => {
    server.once('listening', () => resolve(true));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, host);
  });
  if (found) await new Promise((resolve) => server.close(resolve));
  return found;
}
