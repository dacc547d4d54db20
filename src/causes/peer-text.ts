import type { PeerAddress } from '../contract/failure.ts';
import { addressText } from '../facts/endpoint-states.ts';

/** The last answer: the sentences of a verdict and the incident name the same peer. */
let lastPeer: PeerAddress | undefined;
let lastText = '';

/** As nginx writes it: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or the name of a block. */
export function peerText(peer: PeerAddress): string {
  if (peer !== lastPeer) {
    lastText = textOf(peer);
    lastPeer = peer;
  }
  return lastText;
}

function textOf({ address, port }: PeerAddress): string {
  if (port === null) return address.startsWith('/') ? `unix:${address}` : address;
  return addressText({ ip: address, port });
}
