import { bytes, createSearch, find, isDigit, QUOTE, shiftsOf, standsAt, viewOf, wordOf } from './bytes.ts';

const ABSENT = 1;
/** `, upstream: "` and `, referrer: "` */
const FIELD_LENGTH = 13;
const REQUEST_LENGTH = ', request: "'.length;
const findUpstream = createSearch(', upstream: "');
const findReferrer = createSearch(', referrer: "');
const findHost = createSearch(', host: "');
const findRequest = createSearch(', request: "');
const LETTER_H = 104;
const [UP, STREAM, AM, AM_QUOTE] = [', up', 'stre', 'am: ', 'm: "'].map(wordOf);
const [RE, FERR, ER, ER_QUOTE] = [', re', 'ferr', 'er: ', 'r: "'].map(wordOf);
const SHIFTS = shiftsOf([', upstream: "', ', referrer: "'].map(bytes));
const HTTP_WORD = wordOf('HTTP');
const LETTER_CAPITAL_H = 72;
const LETTER_P = 80;
const LETTER_T = 84;
const SHORTEST_FIELDS = REQUEST_LENGTH + 4;
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
    const view = viewOf(buffer);
    const field = fieldBehindRequest(buffer, view, from, end);
    if (field >= 0 && this.cutPeer(buffer, field + FIELD_LENGTH, end) && isOnly(buffer, view, this.start, end)) {
      return true;
    }
    this.state = ABSENT;
    const careful = this.readCarefully(buffer, from, end);
    return careful >= 0 && this.cutPeer(buffer, careful + FIELD_LENGTH, end);
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

/** Position of an upstream field that directly follows the first ` HTTP/x.y"` in [from, end), or -1: the usual line. */
function fieldBehindRequest(buffer: Uint8Array, view: DataView, from: number, end: number): number {
  const last = end - VERSION_LENGTH - FIELD_LENGTH;
  let at = nextHttpLetter(buffer, from + SHORTEST_FIELDS, last);
  while (at >= 0) {
    const word = wordAround(buffer, view, at);
    if (view.getInt32(word, true) === HTTP_WORD && isVersion(buffer, word - 1)) {
      const field = word - 1 + VERSION_LENGTH;
      return isUpstreamField(view, field) ? field : -1;
    }
    at = nextHttpLetter(buffer, at + 4, last);
  }
  return -1;
}

/**
 * The next byte of every fourth that may be one of `HTTP`. A loop of its own: only in innermost loops does V8 check the
 * buffer once instead of at every byte.
 */
function nextHttpLetter(buffer: Uint8Array, from: number, last: number): number {
  for (let at = from; at < last; at += 4) {
    const byte = buffer[at];
    if (byte === LETTER_T || byte === LETTER_CAPITAL_H || byte === LETTER_P) return at;
  }
  return -1;
}

/** Where `HTTP` would begin if the letter at `at` were part of it. */
function wordAround(buffer: Uint8Array, view: DataView, at: number): number {
  if (buffer[at] === LETTER_CAPITAL_H) return at;
  if (buffer[at] === LETTER_P) return at - 3;
  return view.getInt32(at - 1, true) === HTTP_WORD ? at - 1 : at - 2;
}

/** `, upstream: "` */
function isUpstreamField(view: DataView, at: number): boolean {
  return (
    view.getInt32(at, true) === UP &&
    view.getInt32(at + 4, true) === STREAM &&
    view.getInt32(at + 8, true) === AM &&
    view.getInt32(at + 9, true) === AM_QUOTE
  );
}

/** `, referrer: "` */
function isReferrerField(view: DataView, at: number): boolean {
  return (
    view.getInt32(at, true) === RE &&
    view.getInt32(at + 4, true) === FERR &&
    view.getInt32(at + 8, true) === ER &&
    view.getInt32(at + 9, true) === ER_QUOTE
  );
}

/** The next quote at which one of the two fields may open (Horspool); a loop of its own, as above. */
function nextFieldQuote(buffer: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = buffer[at];
    if (byte === QUOTE) return at;
    at += SHIFTS[byte];
  }
  return -1;
}

/** No other upstream field follows before the referrer. */
function isOnly(buffer: Uint8Array, view: DataView, from: number, end: number): boolean {
  let quote = nextFieldQuote(buffer, from + FIELD_LENGTH - 1, end);
  while (quote >= 0) {
    const field = quote + 1 - FIELD_LENGTH;
    if (isUpstreamField(view, field)) return false;
    if (isReferrerField(view, field)) return true;
    quote = nextFieldQuote(buffer, quote + FIELD_LENGTH, end);
  }
  return true;
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

/** Position after the first ` HTTP/x.y"`, or -1. */
function endOfRequest(buffer: Uint8Array, from: number, end: number): number {
  for (let at = from; ; at++) {
    at = find(buffer, at, end, HTTP);
    if (at < 0) return -1;
    if (isVersion(buffer, at)) return at + VERSION_LENGTH;
  }
}
