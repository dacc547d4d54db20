import type { Observation, PeerAddress } from '../contract/failure.ts';

const MOST_HOSTS = 20_000;

type Told = Pick<Observation, 'symptom' | 'peer' | 'upstream' | 'isOfService'>;

/** Hosts that lines of Envoy's access logs name, by gateway. Bounded; those that were named longest ago are forgotten first. */
export class LoggedHosts {
  readonly #keys = new Set<string>();

  named(gateway: string, peer: PeerAddress): void {
    const key = keyOf(gateway, peer);
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > MOST_HOSTS) this.#keys.delete(this.#keys.values().next().value as string);
  }

  /**
   * Whether a line that says neither why nor where cannot be of what the statistics tell: requests to this host have it in their lines. What a
   * filter's service failed has a flag of its own, and may be of any host.
   */
  isElsewhere(gateway: string, line: Told, { peer }: Pick<Told, 'peer'>): boolean {
    const isPlaceless = line.symptom === 'other' && line.peer === null && line.upstream.upstream === '';
    return isPlaceless && line.isOfService !== true && peer !== null && this.#keys.has(keyOf(gateway, peer));
  }
}

function keyOf(gateway: string, { address, port }: PeerAddress): string {
  return `${gateway}\n${address} ${port ?? ''}`;
}
