import type { PeerAddress } from '../contract/failure.ts';

/** Splits the peer of an `upstream:` field: `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, or a block name (port null). */
export function parsePeer(text: string, scheme = ''): PeerAddress {
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
