import { type LineMarks, marksOf } from './block-index.ts';
import { bytes, isDigit, QUOTE, standsAt, viewOf, wordOf } from './bytes.ts';

const ABSENT = 1;
const AMBIGUOUS = 2;
const REFERRER = ', referrer: "';
const UPSTREAM = ', upstream: "';
const REQUEST = ', request: "';
const HOST = ', host: "';
const UPSTREAM_BEFORE = UPSTREAM.length - 1;
const REFERRER_BEFORE = REFERRER.length - 1;
const REQUEST_BEFORE = REQUEST.length - 1;
const HOST_BEFORE = HOST.length - 1;
const [UP, STREAM, AM] = [', up', 'stre', 'am: '].map(wordOf);
const [FERR, ER, HO, ST] = ['ferr', 'er: ', ', ho', 'st: '].map(wordOf);
const [RE, QUES] = [', re', 'ques'].map(wordOf);
/** The last four bytes of each opener. */
const [AM_QUOTE, ER_QUOTE, ST_QUOTE] = ['m: "', 'r: "', 't: "'].map(wordOf);
const UNIX = bytes('unix:');
const HTTP = bytes(' HTTP/');
const SUBREQUEST = bytes(', subrequest: "');
const SLASH = 47;
const COLON = 58;
const DOT = 46;
const LETTER_H = 104;
export const SHORTEST_SCHEME = 'http'.length;
export const LONGEST_SCHEME = 'memcached'.length;
/** ` HTTP/1.1` before the quote */
const VERSION_BEFORE = 9;

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

  /** The attempt was one of a request inside the client's (auth_request, mirror, an include). The request before it has to be whole. */
  isSubrequest = false;

  /** Looks in [from, end): from the end of the message to the end of the line. */
  read(buffer: Uint8Array, from: number, end: number, marks: LineMarks = marksOf(buffer, from, end)): boolean {
    this.state = ABSENT;
    this.isSubrequest = false;
    const opener = this.find(buffer, from, marks);
    return opener >= 0 && this.cutPeer(buffer, opener + 1, end);
  }

  /** The quote that opens the field, or -1. */
  private find(buffer: Uint8Array, from: number, marks: LineMarks): number {
    const { last } = marks;
    const positions = marks.index.marks;
    const view = viewOf(buffer);
    let at = marks.first;
    let start = from;
    const request = requestAt(view, from, marks);
    if (request < last) {
      // No protocol version: HTTP/0.9, or cut. The only candidate of the line counts, two are ambiguous.
      const version = versionAt(buffer, request, marks);
      at = (version < last ? version : request) + 1;
      start = version < last ? positions[version] + 1 : positions[request];
      this.isSubrequest = version < last && standsAt(buffer, start, SUBREQUEST);
    }
    let found = -1;
    for (; at < last; at++) {
      const quote = positions[at];
      if (quote - HOST_BEFORE < start) continue;
      const word = view.getInt32(quote - 3, true);
      if (word === AM_QUOTE && isUpstream(view, quote - UPSTREAM_BEFORE, start)) {
        if (found >= 0) {
          this.state = AMBIGUOUS;
          return -1;
        }
        found = quote;
      } else if (word === ER_QUOTE && isReferrer(view, quote - REFERRER_BEFORE, start)) break;
      else if (word === ST_QUOTE && found < 0 && isHost(view, quote - HOST_BEFORE, start)) return -1;
    }
    return found;
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

/** Index of the quote that opens the request, or `last`. */
function requestAt(view: DataView, from: number, { index, first, last }: LineMarks): number {
  let at = first;
  while (at < last && !isRequest(view, index.marks[at] - REQUEST_BEFORE, from)) at++;
  return at;
}

/** Index of the quote behind the ` HTTP/x.y` that ends the request opened by the quote at `opener`, or `last`. */
function versionAt(buffer: Uint8Array, opener: number, { index, last }: LineMarks): number {
  const start = index.marks[opener] + 1;
  let at = opener + 1;
  while (at < last && !isVersion(buffer, index.marks[at] - VERSION_BEFORE, start)) at++;
  return at;
}

/** `, request: "` at `at` ≥ `start` */
function isRequest(view: DataView, at: number, start: number): boolean {
  return (
    at >= start &&
    view.getInt32(at + 8, true) === ST_QUOTE &&
    view.getInt32(at + 4, true) === QUES &&
    view.getInt32(at, true) === RE
  );
}

/** `, host: "` */
function isHost(view: DataView, at: number, start: number): boolean {
  return at >= start && view.getInt32(at, true) === HO && view.getInt32(at + 4, true) === ST;
}

/** `, upstream: "` */
function isUpstream(view: DataView, at: number, start: number): boolean {
  return (
    at >= start &&
    view.getInt32(at, true) === UP &&
    view.getInt32(at + 4, true) === STREAM &&
    view.getInt32(at + 8, true) === AM
  );
}

/** `, referrer: "` */
function isReferrer(view: DataView, at: number, start: number): boolean {
  return (
    at >= start &&
    view.getInt32(at, true) === RE &&
    view.getInt32(at + 4, true) === FERR &&
    view.getInt32(at + 8, true) === ER
  );
}

/** Behind `http://` and the like; `start` itself without a scheme. */
function afterScheme(buffer: Uint8Array, start: number): number {
  const last = start + LONGEST_SCHEME;
  for (let at = start + SHORTEST_SCHEME; at <= last; at++) {
    if (buffer[at] === COLON && buffer[at + 1] === SLASH && buffer[at + 2] === SLASH) return at + 3;
  }
  return start;
}

/** ` HTTP/x.y` */
function isVersion(buffer: Uint8Array, at: number, start: number): boolean {
  return (
    at >= start &&
    buffer[at + 7] === DOT &&
    isDigit(buffer[at + 6]) &&
    isDigit(buffer[at + 8]) &&
    standsAt(buffer, at, HTTP)
  );
}
