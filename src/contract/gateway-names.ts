/** What a user calls a gateway. */
export interface GivenName {
  readonly gateway: string;
  /** In words: which file has the name, and which one of the same nginx another that does not count. */
  readonly why: string;
}

/** Names that users gave to files of an nginx outside of pods; collectors that find it by itself call it so. */
export interface GatewayNames {
  /** By pid of the masters among `pids`, or of all; those that have none are not in it. */
  ofMasters(pids?: readonly number[]): ReadonlyMap<number, GivenName>;
}
