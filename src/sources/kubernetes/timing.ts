/** How long the Kubernetes source waits for what. Milliseconds unless the name says otherwise. */
export interface Timing {
  /** TCP and TLS of a new connection. */
  readonly connectMs: number;
  /** From a sent request to the headers of its answer. */
  readonly headersMs: number;
  /** A whole LIST, with all its pages. */
  readonly listMs: number;
  /** A watch without a byte for so long is opened again; bookmarks come about once a minute, but nobody promises them. */
  readonly idleMs: number;
  /** Bounds of `timeoutSeconds`, as client-go's reflector draws them. */
  readonly watchSeconds: readonly [least: number, most: number];
  /** How much longer than `timeoutSeconds` a watch may last. */
  readonly watchGraceMs: number;
  readonly backoffMs: readonly [least: number, most: number];
  /** A watch that was up for so long begins anew with the shortest wait. */
  readonly healthyMs: number;
  /** A clean end before this, without an event, is a failure. */
  readonly shortestWatchMs: number;
  readonly forbiddenMs: number;
  /** Longest Retry-After that is obeyed. */
  readonly retryAfterMs: number;
  /** Time between two comparisons of the store with a list; ±20 %. */
  readonly relistMs: number;
  /** How late an event may be that a list has already seen. */
  readonly settleMs: number;
  /** An open watch that has not said "expired" after so long has nothing to tell: the store is current. */
  readonly quietMs: number;
  /** Objects per page of a LIST. */
  readonly pageLimit: number;
}

/** Values of client-go's reflector where it has them. */
export const TIMING: Timing = {
  connectMs: 10_000,
  headersMs: 15_000,
  listMs: 60_000,
  idleMs: 150_000,
  watchSeconds: [300, 600],
  watchGraceMs: 10_000,
  backoffMs: [800, 30_000],
  healthyMs: 120_000,
  shortestWatchMs: 1000,
  forbiddenMs: 60_000,
  retryAfterMs: 120_000,
  relistMs: 750_000,
  settleMs: 5000,
  quietMs: 1000,
  pageLimit: 200,
};
