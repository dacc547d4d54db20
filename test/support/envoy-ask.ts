import { request } from 'node:http';

function ask(port: number, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const outgoing = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode ?? 0));
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

/** `count` requests one after another, each on its own connection; their statuses. */
export async function askTimes(count: number, port: number, path: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push(await ask(port, path));
  return statuses;
}
