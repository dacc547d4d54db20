import type { KernelCounter, KernelCounts } from '../contract/evidence.ts';
import type { Observation } from '../contract/failure.ts';
import type { NodeNetwork } from '../contract/node.ts';
import { canonicalIp, isLoopbackIp } from '../parse/ip-address.ts';
import { type Answer, known, pending, type Unknown, unknown } from './answer.ts';
import { CounterReadings, type Grown } from './counter-readings.ts';
import type { Growth, NetworkSide } from './facts.ts';
import { type NetworkPlaces, whereOf } from './network-places.ts';

/** Of all that listen in a network together. */
const OF_LISTENERS: ReadonlySet<KernelCounter> = new Set(['listen_overflows', 'listen_drops', 'syn_queue_drops']);
/** A counter that was not read for so long before the failure is not read any more. */
const READ_MS = 60_000;
// Once for all: most peers are on other nodes.
const OF_ALL_PROGRAMS = unknown("the node's counters are those of all its programs");
const NO_ADDRESS = unknown('no address is named');
const NOT_HERE = unknown('no network of this node is known to have the address alone');
const NO_GATEWAY = unknown('the network of the gateway is not known');
const NO_NODE = unknown("the node's network is not known");
const GATEWAY_ON_NODE = unknown("the gateway is in the node's network");

interface Network {
  /** For a person. */
  where: string;
  readonly counters: Map<KernelCounter, Counter>;
}

interface Counter {
  readonly network: Network;
  readonly readings: CounterReadings;
  /** The last answer since it was read: the failures of one poll have the same moments. */
  answer: Answer<Growth> | undefined;
  sinceMs: number;
  atMs: number;
  lookBackMs: number;
}

/** How the counters of the node's network namespaces grew within the last minutes. */
export class KernelGrowth {
  readonly #places: NetworkPlaces;
  readonly #networks = new Map<string, Network>();

  constructor(places: NetworkPlaces) {
    this.#places = places;
  }

  /** Networks that are remembered. */
  get size(): number {
    return this.#networks.size;
  }

  counted(network: NodeNetwork, counts: KernelCounts, atMs: number): void {
    for (const key of this.#places.see(network, atMs)) this.#networks.delete(key);
    const where = whereOf(network);
    const known = this.#networks.get(network.key) ?? { where, counters: new Map<KernelCounter, Counter>() };
    if (known.where !== where) for (const its of known.counters.values()) its.answer = undefined;
    known.where = where;
    this.#networks.set(network.key, known);
    const { counters } = known;
    for (const [counter, value] of Object.entries(counts) as [KernelCounter, number][]) {
      let its = counters.get(counter);
      if (its === undefined) {
        its = {
          network: known,
          readings: new CounterReadings(),
          answer: undefined,
          sinceMs: 0,
          atMs: 0,
          lookBackMs: 0,
        };
        counters.set(counter, its);
      }
      its.readings.read(value, atMs);
      its.answer = undefined;
    }
  }

  uncounted(network: string, counters: readonly KernelCounter[]): void {
    const known = this.#networks.get(network)?.counters;
    for (const counter of counters) known?.delete(counter);
    if (known?.size === 0) this.#networks.delete(network);
  }

  growth(of: Observation, side: NetworkSide, counter: KernelCounter, lookBackMs: number): Answer<Growth> {
    const asked = this.#find(of, side, counter);
    if ('isKnown' in asked) return asked;
    const { sinceMs, atMs } = of;
    if (
      asked.answer !== undefined &&
      asked.sinceMs === sinceMs &&
      asked.atMs === atMs &&
      asked.lookBackMs === lookBackMs
    )
      return asked.answer;
    asked.answer = growthOf(asked.readings.around(sinceMs - lookBackMs, sinceMs, atMs), of, counter, asked);
    asked.sinceMs = sinceMs;
    asked.atMs = atMs;
    asked.lookBackMs = lookBackMs;
    return asked.answer;
  }

  growthDuring(of: Observation, side: NetworkSide, counter: KernelCounter, waitedMs: number): Answer<Growth> {
    const asked = this.#find(of, side, counter);
    if ('isKnown' in asked) return asked;
    return growthOf(asked.readings.during(of.sinceMs - waitedMs, of.sinceMs, of.atMs), of, counter, asked);
  }

  /** Or why it is not known. */
  #find(of: Observation, side: NetworkSide, counter: KernelCounter): Counter | Unknown {
    const network = this.#networkOf(of, side);
    if ('isKnown' in network) return network;
    if (side === 'peer' && OF_LISTENERS.has(counter) && this.#isAmongOthers(of, network)) return OF_ALL_PROGRAMS;
    const asked = this.#networks.get(network.key)?.counters.get(counter);
    return asked ?? unknown(`the counter is not read for ${whereOf(network)}`);
  }

  /** In the network of a node of Kubernetes listen many that have nothing to do with the gateway. */
  #isAmongOthers({ peer }: Observation, { kind }: NodeNetwork): boolean {
    return kind === 'host' && !isLoopbackIp(canonicalIp(peer!.address)!) && this.#places.areTherePods();
  }

  /** Or why it is not known. */
  #networkOf({ subject, peer }: Observation, side: NetworkSide): NodeNetwork | Unknown {
    if (side === 'peer') {
      const ip = peer === null || peer.port === null ? null : canonicalIp(peer.address);
      if (ip === null) return NO_ADDRESS;
      return this.#places.ofPeer(subject, ip) ?? NOT_HERE;
    }
    const gateway = this.#places.ofGateway(subject);
    if (gateway === undefined) return NO_GATEWAY;
    if (side === 'gateway') return gateway;
    const host = this.#places.host();
    if (host === undefined) return NO_NODE;
    return host.key === gateway.key ? GATEWAY_ON_NODE : host;
  }
}

function growthOf(
  grown: Grown | 'late' | 'begun',
  { atMs }: Observation,
  counter: KernelCounter,
  { network: { where }, readings }: Counter,
): Answer<Growth> {
  if (atMs - readings.lastMs > READ_MS) return unknown(`the counter was last read long before for ${where}`);
  if (grown === 'late')
    return pending(
      `the counter was not read since for ${where}`,
      counter.startsWith('conntrack_') ? 'conntrack' : 'netstat',
    );
  if (grown === 'begun') return unknown(`the counter was not read before for ${where}`);
  const { fromMs, toMs, before, after } = grown;
  return known({ delta: after - before, fromMs, toMs, before, after, where });
}
