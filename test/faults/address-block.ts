import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Cleanup } from './cleanup.ts';

const BLOCKS = 256;

/**
 * Prefix of a /24 that no other scene of this machine has now: `10.150.0`. Where two have the same addresses, badgateway rightly says that it does
 * not know whose they are. The name of an abstract socket is claimed: the kernel gives it back with the process, however that ends.
 */
export async function claimBlock(cleanup: Cleanup): Promise<string> {
  for (let block = 0; block < BLOCKS; block++) {
    const prefix = `10.150.${block}`;
    const claim = createServer().unref();
    claim.listen(`\0badgateway-scene-${prefix}`);
    try {
      await once(claim, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    cleanup.after(() => new Promise((done) => claim.close(done)));
    return prefix;
  }
  throw new Error(`all ${BLOCKS} networks of scenes are in use`);
}
