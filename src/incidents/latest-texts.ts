const MOST = 10;
const TIME = /\b\d\d:\d\d:\d\d\b/g;
/** A figure that stands alone: not a part of an address, a name or a place. */
const FIGURE = /(?<![\w.:[-])\d+(?![\w.:-])/g;

/** The latest different texts, each cut. Of those that differ in figures and times only the latest is kept: it says what became of it. */
export class LatestTexts {
  readonly #longest: number;
  /** By what is the same of them; the latest last. */
  readonly #texts = new Map<string, string>();
  #last = '';

  constructor(longest: number) {
    this.#longest = longest;
  }

  add(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    const cut = text.slice(0, this.#longest);
    const shape = cut.replace(TIME, 'T').replace(FIGURE, 'N');
    this.#texts.delete(shape);
    this.#texts.set(shape, cut);
    if (this.#texts.size <= MOST) return;
    for (const oldest of this.#texts.keys()) {
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
    return [...this.#texts.values()].reverse();
  }
}
