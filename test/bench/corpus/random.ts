/** Seeded 32-bit generator (mulberry32): the same seed gives the same corpus on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Unsigned 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  chance(probability: number): boolean {
    return this.next() < probability * 4_294_967_296;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  hex(): string {
    return this.next().toString(16);
  }
}

/** Draws with the given weights by one table look-up. Weights are rounded to a 20,000th, at least one slot each. */
export function weighted<T extends { readonly weight: number }>(list: readonly T[]): (random: Random) => T {
  const total = list.reduce((sum, item) => sum + item.weight, 0);
  const table: T[] = [];
  for (const item of list) {
    const slots = Math.max(1, Math.round((item.weight / total) * 20_000));
    for (let i = 0; i < slots; i++) table.push(item);
  }
  return (random) => random.pick(table);
}
