import type { ApiError, RestartReason } from './api-error.ts';
import { Backoff } from './backoff.ts';
import type { Timing } from './timing.ts';

/** After these the next thing is a list. */
const RELIST: ReadonlySet<RestartReason> = new Set(['expired', 'error_event', 'bad_data', 'version_went_back']);
/** After these not even the last version is to be trusted. */
const FROM_NOTHING: ReadonlySet<RestartReason> = new Set(['error_event', 'bad_data', 'version_went_back']);

/** What follows from a failure. */
export interface Reaction {
  readonly waitMs: number;
  readonly needsList: boolean;
  readonly isVersionVoid: boolean;
  /** Credentials are to be read anew. */
  readonly needsCredentials: boolean;
}

/** Decides what follows from failures in a row. */
export class Reactions {
  readonly #timing: Timing;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  /** The server is there and says what to do: the waits for one that was not would keep an outage going. */
  readonly #expiryBackoff: Backoff;
  #hasRefreshed = false;

  constructor(timing: Timing, random: () => number) {
    this.#timing = timing;
    this.#random = random;
    this.#backoff = new Backoff(timing.backoffMs, random);
    this.#expiryBackoff = new Backoff(timing.backoffMs, random);
  }

  to(error: ApiError): Reaction {
    const { reason } = error;
    return {
      waitMs: this.#wait(error),
      needsList: RELIST.has(reason),
      isVersionVoid: FROM_NOTHING.has(reason),
      needsCredentials: reason === 'unauthorized',
    };
  }

  /** A request was answered as hoped. */
  answered(): void {
    this.#hasRefreshed = false;
  }

  watched(forMs: number): void {
    if (forMs < this.#timing.healthyMs) return;
    this.#backoff.reset();
    this.#expiryBackoff.reset();
  }

  #wait({ reason, retryAfterMs }: ApiError): number {
    const { forbiddenMs, retryAfterMs: most } = this.#timing;
    if (reason === 'unauthorized' && !this.#hasRefreshed) {
      // The token file may hold a new one; if that is refused too, waiting is all there is.
      this.#hasRefreshed = true;
      return 0;
    }
    if (reason === 'forbidden') return forbiddenMs * (1 + this.#random() / 5);
    const backoff = reason === 'expired' ? this.#expiryBackoff : this.#backoff;
    return Math.max(backoff.next(), Math.min(retryAfterMs ?? 0, most));
  }
}
