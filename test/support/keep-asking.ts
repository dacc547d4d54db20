import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Sends requests to a port of this machine, each on its own connection, until it is told to end; answers and errors alike are let go of. */
export async function keepAsking(port: number, together: number, signal: AbortSignal): Promise<void> {
  const askOnce = () =>
    new Promise<void>((resolve) => {
      const outgoing = get({ port, host: '127.0.0.1', agent: false }, (answer) => answer.resume());
      outgoing.on('error', () => {}).on('close', resolve);
    });
  const one = async () => {
    for (; !signal.aborted; await delay(15)) await askOnce();
  };
  await Promise.all(Array.from({ length: together }, one));
}
