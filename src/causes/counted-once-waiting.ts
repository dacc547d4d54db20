import type { Observation } from '../contract/failure.ts';
import { gatewayOf } from './counted-once-keys.ts';
import type { Waiting } from './counted-once-options.ts';

/** Failures that wait for the other source, the oldest first, and those among which the other source's word may find its own. */
export class WaitingFailures {
  readonly #all = new Set<Waiting>();
  readonly #groups = new Map<string, Set<Waiting>>();

  get size(): number {
    return this.#all.size;
  }

  /** How many failures they are. */
  get count(): number {
    let sum = 0;
    for (const { count } of this.#all) sum += count;
    return sum;
  }

  get oldest(): Waiting | undefined {
    return this.#all.values().next().value;
  }

  add(one: Waiting): void {
    const name = groupOf(one.observation, one.key);
    const group = this.#groups.get(name);
    this.#all.add(one);
    if (group === undefined) this.#groups.set(name, new Set([one]));
    else group.add(one);
  }

  remove(one: Waiting): void {
    const name = groupOf(one.observation, one.key);
    const group = this.#groups.get(name);
    this.#all.delete(one);
    group?.delete(one);
    if (group?.size === 0) this.#groups.delete(name);
  }

  /** What is removed meanwhile does no harm. */
  filter(isWanted: (one: Waiting) => boolean): readonly Waiting[] {
    return [...this.#all].filter(isWanted);
  }

  /** Those that what has this key may be. */
  near(of: Observation, key: string): readonly Waiting[] {
    return [...(this.#groups.get(groupOf(of, key)) ?? [])];
  }
}

/** nginx's logs have one key for the same failure; of an Envoy all are compared. */
function groupOf({ proxy, subject }: Observation, key: string): string {
  return proxy === 'nginx' ? key : gatewayOf(proxy, subject);
}
