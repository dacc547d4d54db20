/** How many measurements may be under way at once, over all upstreams. */
export class Budget {
  readonly #most: number;
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get used(): number {
    return this.#used;
  }

  take(): boolean {
    if (this.#used >= this.#most) return false;
    this.#used++;
    return true;
  }

  giveBack(count = 1): void {
    this.#used -= count;
  }
}

/** What is under way for the addresses of one upstream, within a budget that it shares with all others. */
export class Pending<T> {
  readonly #budget: Budget;
  /** Not there before the first: most upstreams have nothing under way. */
  #entries: Map<string, T> | undefined;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(address: string): T | undefined {
    return this.#entries?.get(address);
  }

  /** False when the budget is spent: then it is not kept. */
  set(address: string, value: T): boolean {
    if (!this.#entries?.has(address) && !this.#budget.take()) return false;
    this.#entries ??= new Map();
    this.#entries.set(address, value);
    return true;
  }

  /** Returns what there was. */
  take(address: string): T | undefined {
    const value = this.#entries?.get(address);
    if (this.#entries?.delete(address)) this.#budget.giveBack();
    return value;
  }

  entries(): [string, T][] {
    return this.#entries === undefined ? [] : [...this.#entries];
  }

  clear(): void {
    this.#budget.giveBack(this.size);
    this.#entries = undefined;
  }
}
