import type { PeerAddress } from '../contract/failure.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp, isLoopbackIp } from '../parse/ip-address.ts';
import { addressKey } from './used-addresses.ts';

/** An address may be another pod's by then. */
const KEPT_MS = 600_000;
const MOST = 5_000;

/** Addresses at which a program has answered lately, as access logs and Envoy's hosts tell it: something listened there, whether it was seen to or not. */
export class AnsweredPeers {
  readonly #clock: Clock;
  /** When it was last told, milliseconds since the epoch; those told of longest ago first. */
  readonly #toldMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  answered({ address, port }: PeerAddress): void {
    const ip = port === null ? null : canonicalIp(address);
    // Each network has its own loopback.
    if (ip === null || isLoopbackIp(ip)) return;
    const key = addressKey(ip, port);
    this.#toldMs.delete(key);
    this.#toldMs.set(key, this.#clock.now());
    if (this.#toldMs.size > MOST) this.#toldMs.delete(this.#toldMs.keys().next().value as string);
  }

  /** @param ip canonical */
  has(ip: string, port: number): boolean {
    const toldMs = this.#toldMs.get(addressKey(ip, port));
    return toldMs !== undefined && Math.abs(this.#clock.now() - toldMs) < KEPT_MS;
  }
}
