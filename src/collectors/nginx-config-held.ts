/** Files are written before the workers that load them begin, which takes seconds where the configuration is large or the machine busy. */
const HELD_MS = 10_000;
const ENOUGH_POLLS = 2;

/** Keeps `config_not_loaded` back until it cannot be a reload on its way any more. */
export class NotLoadedHeld {
  #sinceMs: number | null = null;
  #polls = 0;
  #generation: number | null = null;

  /**
   * One poll. What is not loaded is told when it has been so for ten seconds and no workers have come in between: then reloads are on
   * their way. Undefined: what was told before stays.
   * @param generation of the workers; null: they are not visible
   */
  look(isLoaded: boolean | null, generation: number | null, nowMs: number): boolean | null | undefined {
    const isSame = generation === this.#generation;
    this.#generation = generation;
    if (isLoaded !== false) {
      this.#sinceMs = null;
      return isLoaded === null ? null : false;
    }
    // Also when the clock was set back.
    if (this.#sinceMs === null || !isSame || nowMs < this.#sinceMs) [this.#sinceMs, this.#polls] = [nowMs, 0];
    this.#polls++;
    return this.#polls >= ENOUGH_POLLS && nowMs - this.#sinceMs >= HELD_MS ? true : undefined;
  }
}
