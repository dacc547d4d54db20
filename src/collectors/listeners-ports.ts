import { isAnyIp, isLoopbackIp } from '../parse/ip-address.ts';
import type { ListeningSocket } from '../parse/listening-sockets.ts';

/** On all addresses, on some of the network's, or on loopback only. */
export type PortScope = 'all' | 'address' | 'loopback';

export interface ListeningPort {
  readonly scope: PortScope;
  /** Connections that wait to be accepted, of the fullest of its sockets (addresses, SO_REUSEPORT). */
  readonly queue: number;
}

const WIDTH: Readonly<Record<PortScope, number>> = { loopback: 0, address: 1, all: 2 };

/** By port, ascending. */
export function portsOf(sockets: readonly ListeningSocket[]): Map<number, ListeningPort> {
  const ports = new Map<number, ListeningPort>();
  for (const { ip, port, queue } of sockets.toSorted((a, b) => a.port - b.port)) {
    const scope = isAnyIp(ip) ? 'all' : isLoopbackIp(ip) ? 'loopback' : 'address';
    const known = ports.get(port) ?? { scope, queue };
    const widest = WIDTH[scope] > WIDTH[known.scope] ? scope : known.scope;
    ports.set(port, { scope: widest, queue: Math.max(queue, known.queue) });
  }
  return ports;
}
