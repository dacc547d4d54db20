import type { Observation } from '../contract/failure.ts';
import type { Incident } from './incident.ts';
import { LatestTexts } from './latest-texts.ts';

const MOST_IDS = 20;

/** What proxies wrote of single requests: lines, and ids to find them by. */
export class Told {
  readonly #samples: LatestTexts;
  /** The latest last. */
  readonly #ids = new Set<string>();

  /** `longest`: what is kept of a line. */
  constructor(longest: number) {
    this.#samples = new LatestTexts(longest);
  }

  add({ sample, requestIds }: Pick<Observation, 'sample' | 'requestIds'>): void {
    if (sample !== undefined) this.#samples.add(sample);
    if (requestIds === undefined) return;
    for (const id of requestIds) {
      this.#ids.delete(id);
      this.#ids.add(id);
    }
    for (const oldest of this.#ids) {
      if (this.#ids.size <= MOST_IDS) return;
      this.#ids.delete(oldest);
    }
  }

  absorb({ samples, requestIds }: Pick<Incident, 'samples' | 'requestIds'>): void {
    this.#samples.absorb(samples);
    this.add({ requestIds: requestIds.toReversed() });
  }

  /** The latest first. */
  list(): Pick<Incident, 'samples' | 'requestIds'> {
    return { samples: this.#samples.list(), requestIds: [...this.#ids].reverse() };
  }
}
