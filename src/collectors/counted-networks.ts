import type { EvidenceSink, KernelCounter } from '../contract/evidence.ts';
import type { NodeNetwork } from '../contract/node.ts';
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

/** Tells the evidence what a unit counts in network namespaces, and which of them have ended. */
export class CountedNetworks {
  readonly #options: CountedOptions;
  readonly #names: readonly (readonly [counter: KernelCounter, name: string])[];
  readonly #told = new Set<string>();
  #networks: readonly NodeNetwork[] = [];

  constructor(options: CountedOptions) {
    this.#options = options;
    this.#names = Object.entries(options.names) as [KernelCounter, string][];
  }

  /** One poll, with the networks that there are. */
  begin(networks: readonly NodeNetwork[]): void {
    if (networks === this.#networks) return;
    this.#networks = networks;
    const there = new Set(networks.map(({ key }) => key));
    for (const key of this.#told) if (!there.has(key)) this.#forget(key);
  }

  /** Values as just read, by the kernel's names. One that this kernel does not have is unknown, not 0. */
  count(network: NodeNetwork, values: ReadonlyMap<string, number>): void {
    const counts: Partial<Record<KernelCounter, number>> = {};
    for (const [counter, name] of this.#names) {
      const value = values.get(name);
      if (value !== undefined) counts[counter] = value;
    }
    this.#told.add(network.key);
    this.#options.evidence.counted(network, counts, this.#options.clock.now());
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
  }

  #forget(key: string): void {
    this.#told.delete(key);
    this.#options.evidence.uncounted(
      key,
      this.#names.map(([counter]) => counter),
    );
  }
}
