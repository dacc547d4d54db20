import type { NodeView } from '../contract/node.ts';

/**
 * Watches counters of network namespaces for growth since they were first seen. The first growth makes a namespace relevant, and its
 * series begin where the counters stood before.
 */
export class MovedCounters {
  readonly #node: NodeView;
  #first = new Map<string, readonly number[]>();
  #seen = new Map<string, readonly number[]>();
  #published = new Set<string>();
  #publishing = new Set<string>();

  constructor(node: NodeView) {
    this.#node = node;
  }

  /** One poll; what `watch` is not told of in it is forgotten. */
  begin(): void {
    [this.#first, this.#seen] = [this.#seen, new Map()];
    [this.#published, this.#publishing] = [this.#publishing, new Set()];
  }

  /**
   * Tells the counters of the network with this key.
   * @returns their values when first seen while the series are new, each in its place; empty otherwise
   */
  watch(key: string, values: readonly number[], isPublished: boolean): readonly number[] {
    const first = this.#first.get(key) ?? values;
    this.#seen.set(key, first);
    if (values.some((value, at) => value > first[at])) this.#node.markMoved(key);
    if (!isPublished) return [];
    this.#publishing.add(key);
    return this.#published.has(key) ? [] : first;
  }
}
