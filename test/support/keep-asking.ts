import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Asking {
  /** Ends it, and waits for the last answers. */
  end(): Promise<void>;
}

/** Sends requests to a port of this machine, each on its own connection, until it is ended; answers and errors alike are let go of. */
export function keepAsking(port: number, together: number): Asking {
  let isEnough = false;
  const askOnce = () =>
    new Promise<void>((resolve) => {
      const outgoing = get({ port, host: '127.0.0.1', agent: false }, (answer) => answer.resume());
      outgoing.on('error', () => {}).on('close', resolve);
    });
  const one = async () => {
    for (; !isEnough; await delay(15)) await askOnce();
  };
  const all = Promise.all(Array.from({ length: together }, one));
  return {
    end: async () => {
      isEnough = true;
      await all;
    },
  };
}
