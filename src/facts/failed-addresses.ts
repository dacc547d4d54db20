import type { SocketAddress } from './endpoint-states.ts';

const NONE: ReadonlyMap<string, SocketAddress> = new Map();

/** Addresses to which requests of an upstream have failed since the last look, each once however many requests there were. */
export class FailedAddresses {
  readonly #byUpstream = new Map<string, Map<string, SocketAddress>>();

  add(upstream: string, address: SocketAddress): void {
    const addresses = this.#byUpstream.get(upstream) ?? new Map<string, SocketAddress>();
    this.#byUpstream.set(upstream, addresses.set(`${address.ip} ${address.port}`, address));
  }

  of(upstream: string): ReadonlyMap<string, SocketAddress> {
    return this.#byUpstream.get(upstream) ?? NONE;
  }

  clear(): void {
    this.#byUpstream.clear();
  }
}
