import { bytes, createSearch, find, isDigit, QUOTE, standsAt } from './bytes.ts';

const ABSENT = 1;
/** `, upstream: "` and `, referrer: "` */
const FIELD_LENGTH = 13;
const REQUEST_LENGTH = ', request: "'.length;
const findUpstreamOrReferrer = createSearch(', upstream: "', ', referrer: "');
const findUpstream = createSearch(', upstream: "');
const findReferrer = createSearch(', referrer: "');
const findHost = createSearch(', host: "');
const findRequest = createSearch(', request: "');
const LETTER_U = 117;
const LETTER_H = 104;
const UPSTREAM = bytes(', upstream: "');
const HTTP = bytes(' HTTP/');
const UNIX = bytes('unix:');
const SLASH = 47;
const COLON = 58;
const SHORTEST_SCHEME = 'http'.length;
const LONGEST_SCHEME = 'memcached'.length;
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
  /** Where the value begins, scheme included. */
  start = 0;
  /** The peer within it: authority, unix socket path, or block name. */
  peerStart = 0;
  peerEnd = 0;

  /** Looks in [from, end): from the end of the message to the end of the line. */
  read(buffer: Uint8Array, from: number, end: number): boolean {
    const version = findVersion(buffer, from, end);
    if (version >= 0 && this.cutOnlyPeer(buffer, version + VERSION_LENGTH, end)) return true;
    this.state = ABSENT;
    const careful = this.readCarefully(buffer, from, end);
    return careful >= 0 && this.cutPeer(buffer, careful + FIELD_LENGTH, end);
  }

  /** The usual line: the field stands right behind the request, and no other comes before the referrer. */
  private cutOnlyPeer(buffer: Uint8Array, field: number, end: number): boolean {
    if (!standsAt(buffer, field, UPSTREAM) || !this.cutPeer(buffer, field + FIELD_LENGTH, end)) return false;
    const next = findUpstreamOrReferrer(buffer, this.peerEnd, end);
    return next < 0 || !isUpstream(buffer, next);
  }

  /** The rule in full, for lines where the request is not directly followed by the only field. */
  private readCarefully(buffer: Uint8Array, from: number, end: number): number {
    const request = findRequest(buffer, from, end);
    let start = from;
    if (request >= 0) {
      const afterRequest = endOfRequest(buffer, request + REQUEST_LENGTH, end);
      // No protocol version: HTTP/0.9, or cut. The only candidate of the line counts, two are ambiguous.
      start = afterRequest < 0 ? request : afterRequest;
    }
    const referrer = findReferrer(buffer, start, end);
    const stop = referrer < 0 ? end : referrer;
    const first = findUpstream(buffer, start, stop);
    if (first < 0) return -1;
    const host = findHost(buffer, start, first);
    if (host >= 0) return -1;
    if (findUpstream(buffer, first + FIELD_LENGTH, stop) >= 0) {
      this.state = 2;
      return -1;
    }
    return first;
  }

  private cutPeer(buffer: Uint8Array, start: number, end: number): boolean {
    const peer = afterScheme(buffer, start);
    const isUnix = buffer[peer] === UNIX[0] && standsAt(buffer, peer, UNIX);
    const stop = isUnix ? COLON : SLASH;
    let peerEnd = isUnix ? peer + UNIX.length : peer;
    while (peerEnd < end && buffer[peerEnd] !== stop && buffer[peerEnd] !== QUOTE) peerEnd++;
    // At the end of the line the peer itself was cut.
    if (peerEnd === end || peerEnd === peer) return false;
    // Only a scheme can stand before a slash here: the line was cut inside `http://`.
    if (peer === start && !isUnix && buffer[peerEnd] === SLASH) return false;
    // `http://unix:/a.sock/uri` without the colon: what is socket and what the client's path cannot be told.
    if (isUnix && buffer[start] === LETTER_H && buffer[peerEnd] === QUOTE) return false;
    this.state = 0;
    this.start = start;
    this.peerStart = peer;
    this.peerEnd = peerEnd;
    return true;
  }
}

function isUpstream(buffer: Uint8Array, field: number): boolean {
  return buffer[field + 2] === LETTER_U;
}

/** Behind `http://` and the like; `start` itself without a scheme. */
function afterScheme(buffer: Uint8Array, start: number): number {
  const last = start + LONGEST_SCHEME;
  for (let at = start + SHORTEST_SCHEME; at <= last; at++) {
    if (buffer[at] === COLON && buffer[at + 1] === SLASH && buffer[at + 2] === SLASH) return at + 3;
  }
  return start;
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

/** Position of the first ` HTTP/x.y"` in [from, end), or -1: of five bytes one is looked at. */
function findVersion(buffer: Uint8Array, from: number, end: number): number {
  const last = end - VERSION_LENGTH;
  for (let at = from + 4; at <= last; at += 4) {
    const byte = buffer[at];
    if (byte < 72 || byte > 84 || (byte !== 72 && byte !== 84 && byte !== 80)) continue;
    for (let start = at - 4; start < at; start++) if (isVersion(buffer, start)) return start;
  }
  return -1;
}

/** Position after the first ` HTTP/x.y"`, or -1. */
function endOfRequest(buffer: Uint8Array, from: number, end: number): number {
  for (let at = from; ; at++) {
    at = find(buffer, at, end, HTTP);
    if (at < 0) return -1;
    if (isVersion(buffer, at)) return at + VERSION_LENGTH;
  }
}
