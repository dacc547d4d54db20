const MOST = 400;
const SHOWN = 20;

/** Who suffers, by failures; names beyond the limit are counted nowhere but in the causes. */
export class Affected {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  add(name: string, count: number): void {
    const known = this.#counts.get(name);
    if (name === '' || (known === undefined && this.#counts.size >= MOST)) return;
    this.#counts.set(name, (known ?? 0) + count);
  }

  absorb(other: Affected): void {
    for (const [name, count] of other.#counts) this.add(name, count);
  }

  /** The most affected first. */
  names(): string[] {
    const sorted = [...this.#counts].sort(([, a], [, b]) => b - a);
    return sorted.slice(0, SHOWN).map(([name]) => name);
  }
}
