import type { UpstreamsView } from '../contract/upstream.ts';
import type { SocketAddress } from './endpoint-states.ts';
import { isOf, type RunningProxy } from './used-addresses.ts';

interface Failed extends RunningProxy {
  readonly port: number;
}

/** Addresses to which requests of a proxy have failed since the last look, each once however many requests there were. */
export class FailedAddresses {
  readonly #byIp = new Map<string, Failed[]>();

  get isEmpty(): boolean {
    return this.#byIp.size === 0;
  }

  add({ proxy, subject }: RunningProxy, { ip, port }: SocketAddress): void {
    const known = this.#byIp.get(ip);
    if (known === undefined) this.#byIp.set(ip, [{ proxy, subject, port }]);
    else if (!known.some((one) => one.port === port && one.subject === subject && one.proxy === proxy))
      known.push({ proxy, subject, port });
  }

  has(view: UpstreamsView, { ip, port }: SocketAddress): boolean {
    return this.#byIp.get(ip)?.some((one) => one.port === port && isOf(view, one)) === true;
  }

  clear(): void {
    this.#byIp.clear();
  }
}
