import { ENDPOINT_STATES, type EndpointState } from '../contract/endpoint.ts';
import type { EndpointIndex } from './endpoint-index.ts';
import {
  addressText,
  missingAddresses,
  type ServicePort,
  type SocketAddress,
  stateOfAddress,
  type WasOwner,
} from './endpoint-states.ts';
import type { HoldDown } from './hold-down.ts';

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
}

export interface UsedAddress extends SocketAddress {
  /** The proxy keeps it out of service on purpose: it is no drift. */
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
}

export interface ComparisonOptions {
  readonly index: EndpointIndex;
  readonly holdDown: HoldDown<EndpointState>;
  /** False when the slices are older than they may be: then nothing is said but `unknown`. */
  readonly isFresh: () => boolean;
  readonly wasOwner: WasOwner;
}

export const NO_ADDRESSES = Object.fromEntries(ENDPOINT_STATES.map((state) => [state, 0])) as Readonly<
  Record<EndpointState, number>
>;
/** What should not be in use at all. */
const DRIFT: ReadonlySet<EndpointState> = new Set(['stale', 'foreign', 'port_drift']);

/** Compares upstreams of running proxies with the EndpointSlices, address by address. */
export class UpstreamComparison {
  readonly #options: ComparisonOptions;
  /** Subjects of the hold-down by upstream, so that they go with the addresses. */
  readonly #subjects = new Map<string, ReadonlySet<string>>();

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  compare(upstream: RunningUpstream): ComparedUpstream {
    const { service, addresses } = upstream;
    const { compared, isWaiting } =
      service !== null && this.#options.isFresh() ? this.#look(upstream, service) : unknown(addresses);
    const counts = { ...NO_ADDRESSES };
    let driftSinceMs: number | null = null;
    for (const { state, sinceMs } of compared) {
      counts[state]++;
      if (DRIFT.has(state)) driftSinceMs = Math.min(driftSinceMs ?? sinceMs, sinceMs);
    }
    return { counts, addresses: compared, driftSinceMs, isWaiting };
  }

  /** A request to this address of the upstream failed: what was last found is said without waiting. */
  hit(key: string, address: SocketAddress): void {
    this.#options.holdDown.hit(subjectOf(key, addressText(address)));
  }

  /** The upstream, or its proxy, is gone. */
  forget(key: string): void {
    for (const subject of this.#subjects.get(key) ?? []) this.#options.holdDown.forget(subject);
    this.#subjects.delete(key);
  }

  #look({ key, addresses, isPartial }: RunningUpstream, service: ServicePort): Looks {
    const { index, holdDown, wasOwner } = this.#options;
    const used = new Set(addresses.map(addressText));
    const compared: ComparedAddress[] = [];
    const subjects = new Set<string>();
    let isWaiting = false;
    const look = (address: string, found: EndpointState, isGood: boolean) => {
      const subject = subjectOf(key, address);
      subjects.add(subject);
      const held = holdDown.look(subject, found, { initial: 'unknown', isGood });
      isWaiting ||= held.isWaiting;
      return { address, state: held.said, sinceMs: held.sinceMs };
    };
    for (const address of addresses) {
      const found = stateOfAddress(index, service, address, wasOwner);
      const state = address.isDraining && DRIFT.has(found) ? 'terminating' : found;
      compared.push(look(addressText(address), state, state === 'live'));
    }
    const absent = isPartial ? [] : missingAddresses(index, service, used).filter(isOfFamilies(addresses));
    for (const address of absent) {
      const missing = look(addressText(address), 'missing', false);
      // Not in use and not yet missing for sure: nothing to be said of it.
      if (missing.state === 'missing') compared.push(missing);
    }
    for (const subject of this.#subjects.get(key) ?? []) if (!subjects.has(subject)) holdDown.forget(subject);
    this.#subjects.set(key, subjects);
    return { compared, isWaiting };
  }
}

interface Looks {
  readonly compared: readonly ComparedAddress[];
  readonly isWaiting: boolean;
}

function unknown(addresses: readonly SocketAddress[]): Looks {
  const compared = addresses.map(
    (address) => ({ address: addressText(address), state: 'unknown', sinceMs: 0 }) as const,
  );
  return { compared, isWaiting: false };
}

/** A proxy that uses addresses of one family only was told to: the other family's are not missing. */
function isOfFamilies(used: readonly SocketAddress[]): (address: SocketAddress) => boolean {
  const families = new Set(used.map(({ ip }) => ip.includes(':')));
  return ({ ip }) => families.size !== 1 || families.has(ip.includes(':'));
}

function subjectOf(key: string, address: string): string {
  return `${key} ${address}`;
}
