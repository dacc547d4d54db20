import type { PeerAddress } from '../contract/failure.ts';

const MOST_KNOWN = 10_000;
const LONGEST_KNOWN = 255;
/** By text: what has failed fails again, and its peer is then the same object with the same address. */
const known = new Map<string, PeerAddress>();

/** Splits the peer of an `upstream:` field: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or a block name (port null). */
export function parsePeer(text: string, scheme = ''): PeerAddress {
  const before = known.get(text);
  if (before?.scheme === scheme) return before;
  const peer = split(text, scheme);
  if (text.length > LONGEST_KNOWN) return peer;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, peer);
  return peer;
}

function split(text: string, scheme: string): PeerAddress {
  if (text.startsWith('unix:')) return { scheme, address: text.slice('unix:'.length), port: null };
  const bracketed = /^\[([0-9a-fA-F:.%]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return { scheme, address: bracketed[1], port: portOf(bracketed[2]) };
  const plain = /^([^:]+):(\d{1,5})$/.exec(text);
  return plain ? { scheme, address: plain[1], port: portOf(plain[2]) } : { scheme, address: text, port: null };
}

function portOf(digits: string | undefined): number | null {
  const port = Number(digits);
  return digits !== undefined && port <= 65_535 ? port : null;
}
