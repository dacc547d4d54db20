import { createServer, type ListenOptions } from 'node:net';

/** Below those that connections are made from (ip_local_port_range), which take a port between its choice and its use. */
const LOWEST = 20_000;
const HOW_MANY = 10_000;

/**
 * A port that was free a moment ago, and that nobody else gets from here while this process runs, in whatever process: the name of an abstract socket is
 * claimed for it. Between choice and use lie seconds.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * HOW_MANY);
    if ((await isClaimed(port)) && (await isFree(port, host))) return port;
  }
}

/** Held until the process ends. */
async function isClaimed(port: number): Promise<boolean> {
  return (await listen({ path: `\0badgateway-port-${port}` })) !== null;
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = await listen({ port, host });
  if (server !== null) await new Promise((resolve) => server.close(resolve));
  return server !== null;
}

/** Null: somebody else does. */
async function listen(options: ListenOptions) {
  const server = createServer().unref();
  const hasIt = await new Promise<boolean>((resolve, reject) => {
    server.once('listening', () => resolve(true));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(options);
  });
  return hasIt ? server : null;
}
