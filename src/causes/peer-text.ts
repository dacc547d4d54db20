import type { PeerAddress } from '../contract/failure.ts';
import { addressText } from '../facts/endpoint-states.ts';

/** As nginx writes it: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or the name of a block. */
export function peerText({ address, port }: PeerAddress): string {
  if (port === null) return address.startsWith('/') ? `unix:${address}` : address;
  return addressText({ ip: address, port });
}
