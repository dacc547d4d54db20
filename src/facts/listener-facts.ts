import type { Observation } from '../contract/failure.ts';
import type { Clock } from '../contract/unit.ts';
import { canonicalIp, isLoopbackIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, type Unknown, unknown } from './answer.ts';
import { AnsweredPeers } from './answered-peers.ts';
import type { ListenerFact, ListenQueues } from './facts.ts';
import type { Listeners, ListenLook } from './listeners.ts';
import type { NetworkPlaces } from './network-places.ts';

/** By then a network that nobody knew has been looked for. */
const LOOKED_FOR_MS = 4_500;
/** And for so long it is not looked for again. */
const MISSED_MS = 60_000;
const MOST_MISSED = 1_000;
/** Whoever looks later than so long after the failure sees another time: a server may have ended, or come back, since. */
const LATEST_LOOK_MS = 10_000;
/** Unless the failure was read late (Envoy writes its log every 10 s): then so long after that. */
const LATEST_AFTER_READING_MS = 4_000;
/** But never later than this. */
const LATEST_OF_ALL_MS = 15_000;
const NOWHERE = unknown('no network of this node is known to have the address');

export interface ListenerFactsOptions {
  readonly clock: Clock;
  readonly listeners: Listeners;
  readonly places: NetworkPlaces;
  readonly answered?: AnsweredPeers | undefined;
}

/** Answers what listened at a peer's address when requests to it failed. */
export class ListenerFacts {
  readonly #listeners: Listeners;
  readonly #places: NetworkPlaces;
  readonly #clock: Clock;
  readonly #answered: AnsweredPeers;
  /** Addresses that no network of this node is known to have, and when they were first asked for. */
  readonly #missed = new Map<string, number>();

  constructor({ listeners, places, clock, answered = new AnsweredPeers(clock) }: ListenerFactsOptions) {
    this.#answered = answered;
    this.#listeners = listeners;
    this.#places = places;
    this.#clock = clock;
  }

  listener(of: Observation): Answer<ListenerFact> {
    const look = this.#lookAt(of);
    if ('isKnown' in look) return look;
    const { state, others, atMs, lastListenedMs } = look;
    if (state === 'unknown') return unknown('what listens there cannot be told');
    const fact = { state, others, atMs, lastListenedMs };
    const isGone = state !== 'listening' && lastListenedMs === null;
    const hasAnswered = isGone && this.#answered.has(canonicalIp(of.peer!.address)!, of.peer!.port!);
    return known(hasAnswered ? { ...fact, hasAnswered } : fact);
  }

  queues(of: Observation): Answer<ListenQueues> {
    const look = this.#lookAt(of);
    return 'isKnown' in look ? look : known(look.queues);
  }

  /** The look that tells of the failures, or why there is none. */
  #lookAt(of: Observation): ListenLook | Unknown {
    const { peer, sinceMs, atMs } = of;
    const ip = peer === null || peer.port === null ? null : canonicalIp(peer.address);
    if (ip === null) return unknown('no address is named');
    if (of.detail === 'datagram_refused') return unknown('sockets of UDP are not read');
    const looks = this.#looks(of, ip, peer!.port!);
    if (!Array.isArray(looks)) return looks;
    // A look before the failure proves nothing of a server that has just ended.
    const latestMs = latestLookMs(of);
    const found = looks.filter((look) => look.atMs >= sinceMs && look.atMs <= latestMs);
    // One that has come back since was not there; one that listened first may have ended.
    const look = found.find(({ state }) => state !== 'listening' && state !== 'unknown') ?? found[0];
    if (look === undefined && this.#clock.now() > latestMs) return unknown('nobody looked then');
    if (look === undefined || (look.state === 'listening' && look.atMs < atMs)) {
      this.#listeners.want(ip);
      return pending('nobody has looked since', 'sockets');
    }
    return look;
  }

  /** Or why there are none. */
  #looks({ subject }: Observation, ip: string, port: number): ListenLook[] | Unknown {
    if (this.#listeners.size === 0) return this.#notYet(ip, 'nobody looks at listening sockets');
    if (!isLoopbackIp(ip)) {
      const isHere = this.#listeners.isKnown(ip) || this.#places.isKnown(ip) || this.#isLookedFor(ip);
      return isHere ? this.#listeners.looksAt({ ip, port }) : NOWHERE;
    }
    const network = this.#places.ofGateway(subject);
    if (network === undefined) return this.#notYet(ip, 'the network of the gateway is not known');
    return this.#listeners.looksIn(network.key, { ip, port });
  }

  /** The first looks at the node may still be under way when the first failures are read. */
  #notYet(ip: string, why: string): Unknown {
    if (!this.#listeners.isBeginning) return unknown(why);
    this.#listeners.want(ip);
    return pending(why, 'sockets');
  }

  /** A pod that is new is seen at the next look; an address of another node never is. */
  #isLookedFor(ip: string): boolean {
    const nowMs = this.#clock.now();
    for (const [oldest, askedMs] of this.#missed) {
      if (this.#missed.size < MOST_MISSED && Math.abs(nowMs - askedMs) <= MISSED_MS) break;
      this.#missed.delete(oldest);
    }
    const askedMs = this.#missed.get(ip) ?? nowMs;
    this.#missed.set(ip, askedMs);
    return nowMs - askedMs < LOOKED_FOR_MS;
  }
}

function latestLookMs({ atMs, readMs = atMs }: Observation): number {
  return atMs + Math.min(Math.max(LATEST_LOOK_MS, readMs - atMs + LATEST_AFTER_READING_MS), LATEST_OF_ALL_MS);
}
