import type { NodeLook, NodeView } from '../../contract/node.ts';
import type { Clock, Paths } from '../../contract/unit.ts';

export interface NodeWatchOptions {
  readonly paths: () => Paths;
  readonly clock: Clock;
  /** Canonical addresses that proxies use as upstreams'. */
  readonly upstreamAddresses: () => ReadonlySet<string>;
}

export class NodeWatch implements NodeView {
  readonly #options: NodeWatchOptions;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
  }

  look(_maxAgeMs: number): Promise<NodeLook> {
    return Promise.resolve({ atMs: this.#options.clock.now(), processes: new Map(), networks: [], notes: [] });
  }
}
