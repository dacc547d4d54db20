import type { Observation } from '../contract/failure.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { LocalPorts } from './facts.ts';
import type { NetworkPlaces } from './network-places.ts';
import type { PeerSocketMemory } from './peer-sockets.ts';

/** The sockets are read every 10 s; what is in TIME_WAIT stays for 60 s. */
const LOOK_MS = 12_000;
/** With fewer of an unknown number nothing is said: the ports of so few may lie side by side by chance. */
const FEWEST = 64;

export interface PortFactsOptions {
  readonly clock: Clock;
  readonly places: NetworkPlaces;
  readonly sockets: PeerSocketMemory;
}

/** Answers how many local ports were taken towards a peer when connections to it failed. */
export class PortFacts {
  readonly #options: PortFactsOptions;

  constructor(options: PortFactsOptions) {
    this.#options = options;
  }

  localPorts(of: Observation): Answer<LocalPorts> {
    const { clock, places, sockets } = this.#options;
    const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
    if (ip === null) return unknown('no address is named');
    const network = places.ofGateway(of.subject);
    if (network === undefined) return unknown('the network of the gateway is not known');
    const found = sockets.within(network.identity, { ip, port: of.peer!.port! });
    if (found === undefined || found.seen.atMs < of.sinceMs - LOOK_MS)
      return unknown('nobody looked at its sockets then');
    const { active = 0, timeWait = 0, lowest = 0, highest = 0 } = found.sockets ?? {};
    const taken = active + timeWait;
    const { localPorts: all, atMs } = found.seen;
    // The kernel takes every second port first, and those between only when all of these are taken: no gap is left when none is free.
    const isFull = all === null ? taken >= FEWEST && taken === highest - lowest + 1 : taken >= all;
    if (isFull && atMs <= of.atMs + LOOK_MS) return known({ isFull, active, timeWait, lowest, highest, atMs });
    const isFilling = taken * 2 >= (all ?? 2 * FEWEST);
    if (atMs < of.atMs && isFilling && clock.now() < of.atMs + LOOK_MS)
      return pending('its sockets are read again soon');
    return known({ isFull: false, active, timeWait, lowest, highest, atMs });
  }
}
