import type { PeerSocket } from './upstream.ts';

export interface ListeningAt extends PeerSocket {
  /** Connections that wait to be accepted; absent: not known. */
  readonly queue?: number;
}

/** The sockets that listen in one network namespace. */
export interface ListenersSeen {
  /** Canonical addresses of the namespace, without loopback. */
  readonly ips: readonly string[];
  /** Canonical addresses, `0.0.0.0` and `::` for all; each with its port. */
  readonly sockets: readonly ListeningAt[];
  /**
   * What is not among the sockets does not listen. False also for the node's network, where a port may be forwarded to a pod
   * without a socket.
   */
  readonly isWhole: boolean;
  /** All sockets of the namespace that listen are among them; also of the node's network. */
  readonly isTableWhole: boolean;
  readonly atMs: number;
  /** From then on it is too old to say anything. */
  readonly untilMs: number;
}

export interface ListenerSink {
  /** Takes it in place of what was said of the network (`NodeNetwork.key`) before; null: it is gone or cannot be seen. */
  listening(network: string, seen: ListenersSeen | null): void;
  /** Addresses (canonical, without port) of which a verdict waits to hear: their networks are to be read at the next poll. */
  wanted(): ReadonlySet<string>;
}

/**
 * `bound_to_loopback`: the port listens, but only for its own namespace. `port_mismatch`: others listen, this one does not.
 * `unknown`: nobody saw the address's network lately, or the socket may be of the other IP version only.
 */
export type ListenState = 'listening' | 'bound_to_loopback' | 'port_mismatch' | 'not_listening' | 'unknown';

export interface ListenAnswer {
  readonly state: ListenState;
  /** Other ports that listen and are not a mesh's, ascending, at most 16; for `port_mismatch`. */
  readonly others: readonly number[];
  /** When it was seen, milliseconds since the epoch; null: unknown. */
  readonly atMs: number | null;
}
