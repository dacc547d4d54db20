import { ENDPOINT_STATES, type Endpoint, type EndpointSlice, type EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex } from './endpoint-index.ts';
import {
  addressText,
  missingAddresses,
  type ServicePort,
  type SocketAddress,
  stateAmong,
  stateOfAddress,
} from './endpoint-states.ts';
import type { HoldDown } from './hold-down.ts';
import type { PastOwners } from './past-owners.ts';

/** An upstream block or cluster as the running proxy has it. */
export interface RunningUpstream {
  /** Unique over all proxies that are watched. */
  readonly key: string;
  /** Null: which Service it stands for is not known. */
  readonly service: ServicePort | null;
  /** Addresses of pods; not those of Services, names, sockets and placeholders. */
  readonly addresses: readonly UsedAddress[];
  /** These are not all that it uses: an address that is not among them is not missing. */
  readonly isPartial?: boolean;
  /** When it was first read as it is, milliseconds since the epoch. */
  readonly readAtMs?: number;
}

export interface UsedAddress extends SocketAddress {
  /** The proxy keeps it out of service on purpose: it is no drift, and only compared while it is an endpoint. */
  readonly isDraining?: boolean;
}

export interface ComparedAddress {
  /** `10.0.0.1:80`, `[fd00::1]:80` */
  readonly address: string;
  readonly state: EndpointState;
  /** When it was first found so. */
  readonly sinceMs: number;
}

export interface ComparedUpstream {
  readonly counts: Readonly<Record<EndpointState, number>>;
  /** Those in use, then those that are missing. */
  readonly addresses: readonly ComparedAddress[];
  /** Since when the oldest address is there that should not be; null when there is none. */
  readonly driftSinceMs: number | null;
  /** A verdict is held back: compare again. */
  readonly isWaiting: boolean;
  /** One is held back until the slices are known to be newer than what the proxy uses. */
  readonly isUnconfirmed: boolean;
}

export interface ComparisonOptions extends PastOwners {
  readonly index: EndpointIndex;
  readonly holdDown: HoldDown<EndpointState>;
  /** False when the slices are older than they may be: then nothing is said but `unknown`. */
  readonly isFresh: () => boolean;
  /** Until when all slices are known, milliseconds since the epoch. */
  readonly knownUntilMs?: () => number;
}

export const NO_ADDRESSES = Object.fromEntries(ENDPOINT_STATES.map((state) => [state, 0])) as Readonly<
  Record<EndpointState, number>
>;
const FEW = 8;
/** What should not be in use at all. */
const DRIFT: ReadonlySet<EndpointState> = new Set(['stale', 'foreign', 'port_drift']);

/** Compares upstreams of running proxies with the EndpointSlices, address by address. */
export class UpstreamComparison {
  readonly #options: ComparisonOptions;
  readonly #last = new Map<string, LastLook>();
  /** Upstreams whose Service had a slice at some look: before that its slices may not have been listed yet. */
  readonly #known = new Set<string>();

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  compare(upstream: RunningUpstream): ComparedUpstream {
    const { service, addresses } = upstream;
    const isJudged = service !== null && this.#options.isFresh() && this.#isKnown(upstream.key, service);
    if (!isJudged)
      for (const subject of this.#last.get(upstream.key)?.held ?? []) this.#options.holdDown.restart(subject);
    const { compared, isWaiting, isUnconfirmed } = isJudged ? this.#look(upstream, service) : unknown(addresses);
    const counts = { ...NO_ADDRESSES };
    let driftSinceMs: number | null = null;
    for (const { state, sinceMs } of compared) {
      counts[state]++;
      if (DRIFT.has(state)) driftSinceMs = Math.min(driftSinceMs ?? sinceMs, sinceMs);
    }
    return { counts, addresses: compared, driftSinceMs, isWaiting, isUnconfirmed };
  }

  /** A request to this address of the upstream failed: what was last found is said without waiting. */
  hit(key: string, address: SocketAddress): void {
    this.#options.holdDown.hit(subjectOf(key, addressText(address)));
  }

  /** A slice of any Service has this endpoint, if only until the next look; at whichever port. */
  glimpse(key: string, slice: EndpointSlice, endpoint: Endpoint): void {
    const last = this.#last.get(key);
    for (const address of last?.heldAt.get(endpoint.ip) ?? []) {
      const state = stateAmong([{ slice, endpoint }], last!.service, address, this.#options);
      // It has another port of the Service.
      if (state !== 'stale') this.#options.holdDown.glimpse(subjectOf(key, addressText(address)), state);
    }
  }

  /** A slice of its Service has these endpoints, if only until the next look: what is not ready is not missing. */
  glimpseUnused(key: string, slice: EndpointSlice): void {
    const last = this.#last.get(key);
    if (last === undefined || last.absentAt.size === 0) return;
    for (const endpoint of slice.endpoints) {
      for (const address of (!endpoint.ready && last.absentAt.get(endpoint.ip)) || []) {
        const state = stateAmong([{ slice, endpoint }], last.service, address, this.#options);
        if (state === 'not_ready' || state === 'terminating')
          this.#options.holdDown.glimpse(missingSubjectOf(key, addressText(address)), state);
      }
    }
  }

  /** The upstream, or its proxy, is gone. */
  forget(key: string): void {
    this.#known.delete(key);
    for (const subject of this.#last.get(key)?.held ?? []) this.#options.holdDown.forget(subject);
    this.#last.delete(key);
  }

  #isKnown(key: string, { service }: ServicePort): boolean {
    for (const _ of this.#options.index.slicesOf(service)) this.#known.add(key);
    return this.#known.has(key);
  }

  #look({ key, addresses, isPartial, readAtMs = 0 }: RunningUpstream, service: ServicePort): Looks {
    const { index, holdDown } = this.#options;
    const knownUntilMs = this.#options.knownUntilMs?.() ?? Number.POSITIVE_INFINITY;
    const compared: ComparedAddress[] = [];
    const last = this.#last.get(key);
    const saidOf = finderOf(last?.compared ?? []);
    const held = new Set<string>();
    const heldAt = new Map<string, readonly SocketAddress[]>();
    let isWaiting = false;
    let isUnconfirmed = false;
    const look = (address: string, found: EndpointState): ComparedAddress => {
      const isMissing = found === 'missing';
      const subject = isMissing ? missingSubjectOf(key, address) : subjectOf(key, address);
      const before = isMissing ? undefined : saidOf(address);
      const isHeld = last?.held.has(subject) === true;
      const wasLive = before?.state === 'live' && !isHeld;
      // Nearly all are: nothing is held of them.
      if (found === 'live' && wasLive) return before;
      // What the proxy has taken since the slices were last heard of may be newer than they are.
      const isBehind = isMissing && knownUntilMs < readAtMs;
      const looked = holdDown.look(subject, found, {
        ...(wasLive ? { initial: 'live', initialSinceMs: before.sinceMs } : { initial: 'unknown' }),
        isGood: found === 'live',
        readAtMs: wasLive ? last!.readAtMs : readAtMs,
        knownUntilMs: isBehind ? -1 : knownUntilMs,
      });
      isWaiting ||= looked.isWaiting;
      isUnconfirmed ||= looked.isUnconfirmed;
      if (found === 'live') holdDown.forget(subject);
      else held.add(subject);
      const isSaid = before?.state === looked.said && before.sinceMs === looked.sinceMs;
      return isSaid ? before : { address, state: looked.said, sinceMs: looked.sinceMs };
    };
    for (const address of addresses) {
      const state = stateOfAddress(index, service, address, this.#options);
      // Out of service on purpose, and no endpoint: nothing is wrong with it.
      if (address.isDraining && DRIFT.has(state)) continue;
      const isUntold = state === 'stale' && !index.mayHave(service.service, address.ip);
      const text = addressText(address);
      compared.push(isUntold ? unknownOf(address) : look(text, state));
      if (held.size > 0 && held.has(subjectOf(key, text)))
        heldAt.set(address.ip, [...(heldAt.get(address.ip) ?? []), address]);
    }
    const absent = isPartial ? [] : absentOf(index, service, addresses);
    const absentAt = new Map<string, readonly SocketAddress[]>();
    for (const address of absent) {
      absentAt.set(address.ip, [...(absentAt.get(address.ip) ?? []), address]);
      const missing = look(addressText(address), 'missing');
      // Not in use and not yet missing for sure: nothing to be said of it.
      if (missing.state === 'missing') compared.push(missing);
    }
    for (const subject of last?.held ?? []) if (!held.has(subject)) holdDown.forget(subject);
    const kept = held.size > 0 ? { held, heldAt, absentAt } : NONE_HELD;
    this.#last.set(key, { compared, service, ...kept, readAtMs });
    return { compared, isWaiting, isUnconfirmed };
  }
}

/** The last look at an upstream while it could be judged. */
interface LastLook {
  readonly compared: readonly ComparedAddress[];
  /** Subjects of the hold-down: all that is not simply live. They go with the addresses. */
  readonly held: ReadonlySet<string>;
  /** Those of them that are in use, by their IP address. */
  readonly heldAt: ReadonlyMap<string, readonly SocketAddress[]>;
  /** The others: ready and not in use, by their IP address. */
  readonly absentAt: ReadonlyMap<string, readonly SocketAddress[]>;
  readonly service: ServicePort;
  readonly readAtMs: number;
}

const NONE_HELD: Pick<LastLook, 'held' | 'heldAt' | 'absentAt'> = {
  held: new Set(),
  heldAt: new Map(),
  absentAt: new Map(),
};

interface Looks {
  readonly compared: readonly ComparedAddress[];
  readonly isWaiting: boolean;
  readonly isUnconfirmed: boolean;
}

function unknown(addresses: readonly SocketAddress[]): Looks {
  return { compared: addresses.map(unknownOf), isWaiting: false, isUnconfirmed: false };
}

function unknownOf(address: SocketAddress): ComparedAddress {
  return { address: addressText(address), state: 'unknown', sinceMs: 0 };
}

/** What was said of an address: to look at each of a few costs less than a map of them. */
function finderOf(compared: readonly ComparedAddress[]): (address: string) => ComparedAddress | undefined {
  if (compared.length <= FEW) return (address) => compared.find((one) => one.address === address);
  const byAddress = new Map(compared.map((one) => [one.address, one]));
  return (address) => byAddress.get(address);
}

/** What the proxy does not use. One that uses addresses of one family only was told to: the other family's are not missing. */
function absentOf(index: EndpointIndex, service: ServicePort, addresses: readonly SocketAddress[]): SocketAddress[] {
  const absent = missingAddresses(index, service, new Set(addresses.map(addressText)));
  if (absent.length === 0) return absent;
  const families = new Set(addresses.map(({ ip }) => ip.includes(':')));
  return absent.filter(({ ip }) => families.size !== 1 || families.has(ip.includes(':')));
}

function subjectOf(key: string, address: string): string {
  return `${key} ${address}`;
}

/** Out of use it is another subject than in use: nothing that was known while it was in use tells that it is missing. */
function missingSubjectOf(key: string, address: string): string {
  return `${key} -${address}`;
}
