import type { BlockIndex } from './block-index.ts';
import type { Interner } from './interner.ts';
import { PEERS_AT, PEERS_BYTES } from './many-lines-layout.ts';

/** What the WebAssembly of scripts/known-peers.ts exports; `start` and `end` are positions in the block. */
export interface PeerLearner {
  learn(start: number, end: number, peer: number): void;
}

/** The peers that WebAssembly knows by their addresses when it reads many lines at once. */
export class KnownPeers {
  readonly #index: BlockIndex;
  readonly #learner: PeerLearner;
  readonly #table: Uint8Array;
  /** Whose numbers they have. */
  #names: Interner | undefined;

  constructor(index: BlockIndex, learner: PeerLearner) {
    this.#index = index;
    this.#learner = learner;
    this.#table = new Uint8Array(index.memory.buffer, PEERS_AT, PEERS_BYTES);
  }

  /** From now on peers have their numbers from `names`. */
  nameBy(names: Interner): void {
    if (this.#names === names) return;
    if (this.#names !== undefined) this.#table.fill(0);
    this.#names = names;
  }

  /** The address at [start, end) of the buffer, within the block scanned last, is that of `peer`, which is not 0. */
  learn(start: number, end: number, peer: number): void {
    const { base } = this.#index;
    this.#learner.learn(start - base, end - base, peer);
  }
}
