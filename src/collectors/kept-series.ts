import type { Labels, MetricTable, Writer, Writers } from '../contract/metrics.ts';

type Seen = Map<string, Labels<readonly string[]>>;

/**
 * Gauges and somebody else's counters that stay from poll to poll; what a poll does not set ends with it. A poll that lets others have their
 * turn may be scraped in the middle: then everything is there still, which it would not be after `reset()`.
 */
export class KeptSeries<T extends MetricTable> {
  /** The same families; what is set through them is kept. Not for histograms. */
  readonly writers: Writers<T>;
  readonly #families: readonly { readonly family: Writer<readonly string[]>; before: Seen; now: Seen }[];

  constructor(writers: Writers<T>) {
    const names = Object.keys(writers) as (keyof T)[];
    this.#families = names.map((name) => {
      const family = writers[name] as Writer<readonly string[]>;
      return { family, before: new Map(), now: new Map() };
    });
    const kept = this.#families.map((one): Writer<readonly string[]> => {
      const { family } = one;
      const set: typeof family.set = (labels, value, first) => {
        one.now.set(Object.values(labels).join('\xff'), labels);
        family.set(labels, value, first);
      };
      const { inc, remove, reset, seriesOf } = family;
      return {
        ...{ set, inc: inc.bind(family), remove: remove.bind(family), reset: reset.bind(family) },
        seriesOf: seriesOf.bind(family),
      };
    });
    this.writers = Object.fromEntries(names.map((name, at) => [name, kept[at]])) as Writers<T>;
  }

  /** One at a time. When `poll` throws, nothing is known any more. */
  async round<R>(poll: () => Promise<R>): Promise<R> {
    for (const one of this.#families) [one.before, one.now] = [one.now, new Map()];
    try {
      const result = await poll();
      for (const { family, before, now } of this.#families)
        for (const [key, labels] of before) if (!now.has(key)) family.remove(labels);
      return result;
    } catch (error) {
      for (const { family } of this.#families) family.reset();
      throw error;
    }
  }
}
