import type { PeerAddress } from '../contract/failure.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import { addressKey } from './used-addresses.ts';

/** What has failed fails again, and its peer is then mostly the same object (parse/peer.ts). */
const keys = new WeakMap<PeerAddress, string>();

/** `addressKey` of the peer, of an address the canonical one: the same text, made once for each object. */
export function peerKey(peer: PeerAddress): string {
  let key = keys.get(peer);
  if (key === undefined) {
    const { address, port } = peer;
    key = addressKey(port === null ? address : (canonicalIp(address) ?? address), port);
    keys.set(peer, key);
  }
  return key;
}
