import type { UpstreamsView } from '../contract/upstream.ts';
import type { SocketAddress } from './endpoint-states.ts';
import { isOf } from './tracked-view.ts';
import type { RunningProxy } from './used-addresses.ts';

/** Addresses of which a place is kept between two looks: what has failed fails again. */
const MOST_KEPT = 5_000;

interface Failed {
  proxy: RunningProxy['proxy'];
  subject: RunningProxy['subject'];
  port: number;
  /** Of the last look that came after it; those of another than the last one are free places. */
  look: number;
}

/** Addresses to which requests of a proxy have failed since the last look, each once however many requests there were. */
export class FailedAddresses {
  readonly #byIp = new Map<string, Failed[]>();
  #look = 0;
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add({ proxy, subject }: RunningProxy, { ip, port }: SocketAddress): void {
    this.#isEmpty = false;
    const known = this.#byIp.get(ip);
    if (known === undefined) {
      this.#byIp.set(ip, [{ proxy, subject, port, look: this.#look }]);
      return;
    }
    let place: Failed | undefined;
    for (const one of known) {
      if (one.look !== this.#look) place = one;
      else if (one.port === port && one.subject === subject && one.proxy === proxy) return;
    }
    if (place === undefined) known.push({ proxy, subject, port, look: this.#look });
    else [place.proxy, place.subject, place.port, place.look] = [proxy, subject, port, this.#look];
  }

  has(view: UpstreamsView, { ip, port }: SocketAddress): boolean {
    return this.#byIp.get(ip)?.some((one) => one.look === this.#look && one.port === port && isOf(view, one)) === true;
  }

  /** A look begins anew. */
  clear(): void {
    this.#look++;
    this.#isEmpty = true;
    if (this.#byIp.size > MOST_KEPT) this.#byIp.clear();
  }
}
