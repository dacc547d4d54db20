import type { PeerSocket, ServerInUse } from '../contract/upstream.ts';
import { OBSERVED_UNKNOWN, observedName } from '../parse/upstream-name-observed.ts';
import type { ClusterState } from './cluster-state.ts';
import type { EndpointHistory } from './endpoint-history.ts';
import { stateOfAddress } from './endpoint-states.ts';
import { NO_PAST, type PastOwner } from './past-owners.ts';

/** How long an address is kept after it was last seen. */
export const KEPT_MS = 300_000;
/** And how long one that is not live is taken for used: nothing else says when the proxy drops it. */
export const PROVEN_MS = 30_000;
/** While no slice changes only the history does: it forgets what was an hour ago. */
const JUDGED_MS = 60_000;

export interface WhatIsKnown {
  readonly history: Pick<EndpointHistory, 'servicesOf' | 'goneMs'>;
  readonly cluster: Pick<ClusterState, 'index' | 'formerClusterIps'>;
}

/** One address that a gateway was seen to use. */
export class ObservedAddress {
  readonly server: ServerInUse;
  /** Of the upstream that it belongs to. */
  name = OBSERVED_UNKNOWN;
  /** Of the one in which it was last listed; null: in none. */
  upstream: string | null = null;
  /** Of the Service and port that `name` is made of. */
  #service = '';
  #portName = '';
  readonly #address: PeerSocket;
  readonly #isUsedAfter: boolean;
  #seenMs = Number.NEGATIVE_INFINITY;
  #usedMs = Number.NEGATIVE_INFINITY;
  /** Since when it is known to be no live endpoint of its Service; null when it is one, or has no Service. */
  #notLiveSinceMs: number | null = null;
  #judgedVersion = Number.NaN;
  #judgedMs = Number.NEGATIVE_INFINITY;

  /** `isUsedAfter`: it was used at the moments that `see` is told or after, not before: that is told of the past too. */
  constructor({ ip, port }: PeerSocket, isUsedAfter = false) {
    this.#address = { ip, port };
    this.#isUsedAfter = isUsedAfter;
    this.server = { kind: 'ip', host: ip, port, place: '', isDraining: false };
  }

  get seenMs(): number {
    return this.#seenMs;
  }

  /** `usedMs` null: an old connection. */
  see(seenMs: number, usedMs: number | null): void {
    this.#seenMs = seenMs;
    if (usedMs !== null) this.#usedMs = Math.max(this.#usedMs, Math.min(usedMs, seenMs));
  }

  /** Asks again whose it is. `nowMs`: when it is found so. */
  judge({ history, cluster: { index, formerClusterIps } }: WhatIsKnown, nowMs: number): void {
    const version = index.version + formerClusterIps.version;
    if (this.#judgedVersion === version && Math.abs(nowMs - this.#judgedMs) < JUDGED_MS) return;
    this.#judgedVersion = version;
    this.#judgedMs = nowMs;
    const { ip, port } = this.#address;
    const owner = onlyOwner(history.servicesOf(ip, port, nowMs)) ?? formerClusterIps.ownerOf(this.#address);
    this.#nameAfter(owner?.service ?? '', owner?.portName ?? '');
    const isLive = owner === null || stateOfAddress(index, owner, this.#address, NO_PAST) === 'live';
    if (isLive) this.#notLiveSinceMs = null;
    else
      this.#notLiveSinceMs ??= Math.min((this.#isUsedAfter ? history.goneMs(ip, port, owner) : null) ?? nowMs, nowMs);
  }

  /** The same text as long as it is the same Service: all addresses are judged again whenever any slice changes. */
  #nameAfter(service: string, portName: string): void {
    if (service === this.#service && portName === this.#portName) return;
    this.#service = service;
    this.#portName = portName;
    this.name = service === '' ? OBSERVED_UNKNOWN : observedName(service, portName);
  }

  /** The wall clock may have been set back: what is too far ahead is over too. */
  isOver(nowMs: number): boolean {
    return Math.abs(nowMs - this.#seenMs) > KEPT_MS;
  }

  /**
   * Whether it belongs to what the proxy uses. One that was used while it was live is no proof afterwards: the proxy may have
   * dropped it as it should, and an old connection may go on.
   */
  isInUse(nowMs: number): boolean {
    if (this.#notLiveSinceMs === null) return true;
    return this.#usedMs >= this.#notLiveSinceMs && nowMs - this.#usedMs <= PROVEN_MS;
  }
}

/** Null: nobody, or several Services. Of several ports of one Service the same one each time, as all have this number. */
function onlyOwner(owners: readonly PastOwner[]): PastOwner | null {
  let only: PastOwner | null = null;
  for (const owner of owners) {
    if (only !== null && owner.service !== only.service) return null;
    const isBetter = only === null || (owner.isCurrent && !only.isCurrent);
    if (isBetter || (owner.isCurrent === only?.isCurrent && owner.portName < only.portName)) only = owner;
  }
  return only;
}
