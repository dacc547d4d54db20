import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { CauseShare } from './incident.ts';
import { placeKey } from './incident-key.ts';

/** Of each kind. */
const MOST = 200;

type Place = CauseShare['upstreams'][number];

interface Counted extends Place {
  count: number;
}

/**
 * Failures by upstream and peer; bounded: the latest places, and of those before them the ones with the most failures. Where thousands
 * fail, a new one costs no more than the one place that is forgotten for it.
 */
export class Places {
  /** The oldest first. */
  readonly #latest = new Map<string, Counted>();
  readonly #most = new Map<string, Counted>();
  /** Of `#most`, the oldest of those with the fewest failures; '': to be looked for. */
  #fewest = '';

  add(upstream: UpstreamIdentity, peer: string, count: number): void {
    const key = placeKey(upstream, peer);
    const known = this.#latest.get(key) ?? this.#most.get(key);
    if (known === undefined) {
      this.#latest.set(key, { upstream, peer, count });
      if (this.#latest.size > MOST) this.#makeRoom();
      return;
    }
    known.count += count;
    if (key === this.#fewest) this.#fewest = '';
  }

  list(): Place[] {
    return [...this.#most.values(), ...this.#latest.values()].map((place) => ({ ...place }));
  }

  #makeRoom(): void {
    for (const [key, oldest] of this.#latest) {
      this.#latest.delete(key);
      if (this.#most.size >= MOST && !this.#forgetFewer(oldest.count)) return;
      this.#most.set(key, oldest);
      this.#fewest = '';
      return;
    }
  }

  /** Forgets one with fewer failures; false: there is none. */
  #forgetFewer(count: number): boolean {
    if (this.#fewest === '') this.#findFewest();
    return this.#most.get(this.#fewest)!.count < count && this.#most.delete(this.#fewest);
  }

  #findFewest(): void {
    let fewest = Number.POSITIVE_INFINITY;
    this.#most.forEach(({ count }, key) => {
      if (count >= fewest) return;
      fewest = count;
      this.#fewest = key;
    });
  }
}
