import { bytes, find, isDigit, QUOTE, Searcher, standsAt } from './bytes.ts';

const UPSTREAM = new Searcher(', upstream: "');
const REFERRER = new Searcher(', referrer: "');
const HOST = new Searcher(', host: "');
const REQUEST = new Searcher(', request: "');
const HTTP = bytes(' HTTP/');
const SCHEME_END = bytes('://');
const UNIX = bytes('unix:');
const SLASH = 47;
const COLON = 58;
const LONGEST_SCHEME = 9;
/** ` HTTP/1.1"` */
const VERSION_LENGTH = 10;

/** Why a line has no usable upstream field. */
export const FIELD_STATES = ['found', 'absent', 'ambiguous'] as const;

/**
 * The `upstream:` field of an error line, as byte positions. Nothing in the line is escaped, so a client can write such
 * a field into its URL, Host or Referer. Read forward: the request ends at its first ` HTTP/x.y"`; the field is the first
 * exact `, upstream: "` after it and before `, host: "`; nothing after `, referrer: "` is looked at; more than one
 * candidate means unknown.
 */
export class UpstreamField {
  /** 0 found, 1 absent, 2 ambiguous: index into FIELD_STATES. */
  state = 1;
  /** The whole value without quotes. */
  start = 0;
  end = 0;
  /** The peer within it: authority, unix socket path, or block name. */
  peerStart = 0;
  peerEnd = 0;

  /** Looks in [from, end): from the end of the message to the end of the line. */
  read(buffer: Uint8Array, from: number, end: number): boolean {
    this.state = 1;
    const first = UPSTREAM.find(buffer, from, end);
    if (first < 0) return false;
    const value = first + UPSTREAM.pattern.length;
    const second = UPSTREAM.find(buffer, value, end);
    const plain = second < 0 && endsRequest(buffer, first) && REFERRER.find(buffer, from, first) < 0;
    const at = plain ? first : this.readCarefully(buffer, from, end);
    if (at < 0) return false;
    return this.cutPeer(buffer, at + UPSTREAM.pattern.length, end);
  }

  /** The rule in full, for lines where the request is not directly followed by the only field. */
  private readCarefully(buffer: Uint8Array, from: number, end: number): number {
    const request = REQUEST.find(buffer, from, end);
    let start = from;
    if (request >= 0) {
      const afterRequest = endOfRequest(buffer, request + REQUEST.pattern.length, end);
      // No protocol version: HTTP/0.9, or cut. The only candidate of the line counts, two are ambiguous.
      start = afterRequest < 0 ? request : afterRequest;
    }
    const referrer = REFERRER.find(buffer, start, end);
    const stop = referrer < 0 ? end : referrer;
    const first = UPSTREAM.find(buffer, start, stop);
    if (first < 0) return -1;
    const host = HOST.find(buffer, start, first);
    if (host >= 0) return -1;
    if (UPSTREAM.find(buffer, first + UPSTREAM.pattern.length, stop) >= 0) {
      this.state = 2;
      return -1;
    }
    return first;
  }

  private cutPeer(buffer: Uint8Array, start: number, end: number): boolean {
    let quote = start;
    while (quote < end && buffer[quote] !== QUOTE) quote++;
    let peer = start;
    const schemeEnd = find(buffer, start, Math.min(quote, start + LONGEST_SCHEME + SCHEME_END.length), SCHEME_END);
    if (schemeEnd >= 0) peer = schemeEnd + SCHEME_END.length;
    const stop = standsAt(buffer, peer, UNIX) ? COLON : SLASH;
    let peerEnd = stop === COLON ? peer + UNIX.length : peer;
    while (peerEnd < quote && buffer[peerEnd] !== stop) peerEnd++;
    // Without a closing quote the line was cut: the peer counts only when its own end is there.
    if (quote === end && peerEnd === quote) return false;
    if (peerEnd === peer) return false;
    this.state = 0;
    this.start = start;
    this.end = quote;
    this.peerStart = peer;
    this.peerEnd = peerEnd;
    return true;
  }
}

function isVersion(buffer: Uint8Array, at: number): boolean {
  return (
    standsAt(buffer, at, HTTP) &&
    isDigit(buffer[at + 6]) &&
    buffer[at + 7] === 46 &&
    isDigit(buffer[at + 8]) &&
    buffer[at + 9] === QUOTE
  );
}

function endsRequest(buffer: Uint8Array, at: number): boolean {
  return buffer[at - 1] === QUOTE && isVersion(buffer, at - VERSION_LENGTH);
}

/** Position after the first ` HTTP/x.y"`, or -1. */
function endOfRequest(buffer: Uint8Array, from: number, end: number): number {
  for (let at = from; ; at++) {
    at = find(buffer, at, end, HTTP);
    if (at < 0) return -1;
    if (isVersion(buffer, at)) return at + VERSION_LENGTH;
  }
}
