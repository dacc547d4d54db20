const MOST = 10;

/** The latest different texts, each once and cut. */
export class LatestTexts {
  readonly #longest: number;
  /** The latest last. */
  readonly #texts = new Set<string>();

  constructor(longest: number) {
    this.#longest = longest;
  }

  add(text: string): void {
    const cut = text.slice(0, this.#longest);
    this.#texts.delete(cut);
    this.#texts.add(cut);
    if (this.#texts.size <= MOST) return;
    for (const oldest of this.#texts) {
      this.#texts.delete(oldest);
      return;
    }
  }

  /** @param latestFirst as `list` gives them */
  absorb(latestFirst: readonly string[]): void {
    for (const text of latestFirst.toReversed()) this.add(text);
  }

  /** The latest first. */
  list(): string[] {
    return [...this.#texts].reverse();
  }
}
