import type { EvidenceSink, KernelCounter, KernelCounts } from '../contract/evidence.ts';
import type { NodeLook, NodeNetwork } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';

export interface CountedOptions {
  readonly proc: Procfs;
  readonly evidence: EvidenceSink;
  readonly clock: Clock;
  /** What the kernel calls them. */
  readonly names: Readonly<Partial<Record<KernelCounter, string>>>;
}

/** The network begins and ends with the pod or the container; one that was made for other ends may have counted before anybody was in it. */
const BEGINS_WITH_IT: ReadonlySet<NodeNetwork['kind']> = new Set(['pod', 'container']);
const MOST_IDENTITIES = 10_000;

/** Tells the evidence what a unit counts in network namespaces, and which of them have ended. */
export class CountedNetworks {
  readonly #options: CountedOptions;
  readonly #names: readonly (readonly [counter: KernelCounter, name: string])[];
  readonly #told = new Set<string>();
  #networks: readonly NodeNetwork[] = [];
  /** When the last look was; null: there was none. */
  #lookMs: number | null = null;
  /** All that were ever seen: their numbers are used again, and then nobody knows. */
  readonly #identities = new Set<string>();
  /** Networks that have begun since, and not been counted: a moment when they were not there. */
  readonly #begun = new Map<string, number>();

  constructor(options: CountedOptions) {
    this.#options = options;
    this.#names = Object.entries(options.names) as [KernelCounter, string][];
  }

  /** One poll, with the networks that there are. */
  begin({ networks, atMs }: Pick<NodeLook, 'networks' | 'atMs'>): void {
    if (networks === this.#networks) return;
    this.#networks = networks;
    for (const { key, kind, identity } of networks) {
      const isNew = !this.#identities.has(identity) && BEGINS_WITH_IT.has(kind);
      if (isNew && this.#lookMs !== null) this.#begun.set(key, this.#lookMs);
      this.#identities.add(identity);
    }
    for (const oldest of this.#identities) {
      if (this.#identities.size <= MOST_IDENTITIES) break;
      this.#identities.delete(oldest);
    }
    this.#lookMs = atMs;
    const there = new Set(networks.map(({ key }) => key));
    for (const key of this.#told) if (!there.has(key)) this.#forget(key);
    for (const key of this.#begun.keys()) if (!there.has(key)) this.#begun.delete(key);
  }

  /** Values as just read, by the kernel's names. One that this kernel does not have is unknown, not 0. */
  count(network: NodeNetwork, values: ReadonlyMap<string, number>): void {
    const counts: Partial<Record<KernelCounter, number>> = {};
    for (const [counter, name] of this.#names) {
      const value = values.get(name);
      if (value !== undefined) counts[counter] = value;
    }
    this.#told.add(network.key);
    this.#countFromZero(network, counts);
    this.#options.evidence.counted(network, counts, this.#options.clock.now());
  }

  /** Without it what a new backend drops in its first seconds would have no reading before it. */
  #countFromZero(network: NodeNetwork, counts: KernelCounts): void {
    const beforeMs = this.#begun.get(network.key);
    if (beforeMs === undefined) return;
    this.#begun.delete(network.key);
    const zeros = Object.fromEntries(Object.keys(counts).map((counter) => [counter, 0]));
    this.#options.evidence.counted(network, zeros, beforeMs);
  }

  /** Those of the network that this directory shows, e.g. `1/net`. */
  countIn(net: string, values: ReadonlyMap<string, number>): void {
    const identity = unlessDenied(() => this.#options.proc.identity(`${net}/netstat`));
    const network = this.#networks.find((one) => one.identity === identity);
    if (network !== undefined) this.count(network, values);
  }

  /** The unit stops. */
  end(): void {
    for (const key of this.#told) this.#forget(key);
    this.#networks = [];
    this.#lookMs = null;
    this.#identities.clear();
    this.#begun.clear();
  }

  #forget(key: string): void {
    this.#told.delete(key);
    this.#options.evidence.uncounted(
      key,
      this.#names.map(([counter]) => counter),
    );
  }
}
