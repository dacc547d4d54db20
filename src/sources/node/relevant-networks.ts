import type { NodeNetwork } from '../../contract/node.ts';

/** Of one node; more are counted. */
const MOST = 200;

/**
 * Chooses the networks that are published where not all are: gateways, backends of known upstreams, and those whose overflow or drop
 * counters moved. Who is chosen stays so while its reason lasts, so that series do not come and go when there are too many.
 */
export class RelevantNetworks {
  #moved = new Set<string>();
  #chosen = new Set<string>();
  #leftOut = new Set<string>();
  readonly #onLeftOut: (count: number) => void;

  /** @param onLeftOut told of those that are left out because there are too many, each once */
  constructor(onLeftOut: (count: number) => void) {
    this.#onLeftOut = onLeftOut;
  }

  /** The network is relevant from the next look on, as long as it lives. */
  markMoved(key: string): void {
    this.#moved.add(key);
  }

  choose(networks: readonly Omit<NodeNetwork, 'hasMoved' | 'isRelevant'>[]): readonly NodeNetwork[] {
    const moved = new Set<string>();
    const relevant: string[] = [];
    for (const { key, kind, isGateway, isBackend } of networks) {
      if (this.#moved.has(key)) moved.add(key);
      // The node's and our own are always published.
      if (kind === 'host' || kind === 'process') continue;
      if (isGateway || isBackend || moved.has(key)) relevant.push(key);
    }
    const chosen = new Set(relevant.filter((key) => this.#chosen.has(key)));
    const leftOut = new Set<string>();
    for (const key of relevant) {
      if (chosen.size < MOST) chosen.add(key);
      else if (!chosen.has(key)) leftOut.add(key);
    }
    const more = [...leftOut].filter((key) => !this.#leftOut.has(key)).length;
    if (more > 0) this.#onLeftOut(more);
    this.#moved = moved;
    this.#chosen = chosen;
    this.#leftOut = leftOut;
    return networks.map((one) => ({ ...one, hasMoved: moved.has(one.key), isRelevant: chosen.has(one.key) }));
  }
}
