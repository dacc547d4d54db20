/** What can happen to events between the fake API server's store and its open watches: lost, doubled, swapped. */
import type { StoreEvent } from './store.ts';

export class EventFaults {
  #drop = 0;
  #duplicate = 0;
  #swap = 0;
  #held: StoreEvent | undefined;

  /** The next n events reach no open watch; a list or a new watch from before them shows them. */
  dropNext(count = 1): void {
    this.#drop += count;
  }

  duplicateNext(count = 1): void {
    this.#duplicate += count;
  }

  /** The next event waits and comes after the one that follows it, n times. */
  swapNext(count = 1): void {
    this.#swap += count;
  }

  /** What the open watches get to see now. */
  pass(event: StoreEvent): StoreEvent[] {
    if (this.#held !== undefined) {
      const late = this.#held;
      this.#held = undefined;
      return [event, late];
    }
    if (this.#drop > 0) {
      this.#drop -= 1;
      return [];
    }
    if (this.#duplicate > 0) {
      this.#duplicate -= 1;
      return [event, event];
    }
    if (this.#swap > 0) {
      this.#swap -= 1;
      this.#held = event;
      return [];
    }
    return [event];
  }
}
