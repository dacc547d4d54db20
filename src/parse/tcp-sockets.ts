import { NEWLINE, SPACE } from './bytes.ts';

/** States of TCP sockets as /proc shows them (include/net/tcp_states.h). */
export const TCP_ESTABLISHED = 0x01;
export const TCP_SYN_SENT = 0x02;
export const TCP_TIME_WAIT = 0x06;
export const TCP_CLOSE_WAIT = 0x08;
export const TCP_LISTEN = 0x0a;

/** One row. The reader hands out the same object for every row: it holds only during the call. */
export interface TcpSocket {
  readonly state: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** User that made the socket, as the reader's user namespace calls it. */
  readonly uid: number;
  /** Connections that wait to be accepted, of a socket that listens; 0 of others. */
  readonly acceptQueue: number;
  /** Canonical text as of `canonicalIp`; an IPv4-mapped address of tcp6 is IPv4. */
  localIp(): string;
  remoteIp(): string;
}

/** The kernel pads rows of tcp to 150 bytes; those of tcp6 are below 250. */
const LONGEST_ROW = 512;
/** Of the row, before the first colon. */
const WIDEST_NUMBER = 12;
const COLON = 58;
const IPV4_DIGITS = 8;
const IPV6_DIGITS = 32;
/** Characters between the remote port and the uid: `01 00000000:00000000 00:00000000 00000000` with a space on each side. */
const STATE_TO_UID = 42;
/** Of a socket that listens this is the length of its accept queue (rx_queue, get_tcp4_sock). */
const STATE_TO_RX_QUEUE = 12;

/** Value of a hexadecimal digit, -1 for all else. */
const DIGITS = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  DIGITS[value.toString(16).charCodeAt(0)] = value;
  DIGITS[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

/**
 * Reads `net/tcp` and `net/tcp6` in pieces as they come, without an object per socket (get_tcp4_sock in net/ipv4/tcp_ipv4.c,
 * get_tcp6_sock in net/ipv6/tcp_ipv6.c: fixed columns behind the first colon). Addresses stand as 32-bit words in the byte
 * order of the machine: read as little-endian, so wrong on s390x, for which there is no release. Never throws.
 */
export class TcpSocketReader {
  readonly #visit: (socket: TcpSocket) => void;
  readonly #row = new Row();
  /** The begin of a row whose end has not come yet. */
  readonly #rest = new Uint8Array(LONGEST_ROW);
  #restLength = 0;
  #isTooLong = false;
  #malformed = 0;

  constructor(visit: (socket: TcpSocket) => void) {
    this.#visit = visit;
  }

  /** Rows that are neither a socket nor the header. */
  get malformed(): number {
    return this.#malformed;
  }

  /** `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (this.#restLength > 0 || this.#isTooLong) this.#finishRest(chunk.subarray(start, end));
      else this.#read(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The file is over: what has no newline is a row too. Another file may follow. */
  end(): void {
    if (this.#restLength > 0 || this.#isTooLong) this.#finishRest(new Uint8Array(0));
  }

  #finishRest(piece: Uint8Array): void {
    this.#keep(piece);
    if (this.#isTooLong) this.#malformed++;
    else this.#read(this.#rest, 0, this.#restLength);
    this.#restLength = 0;
    this.#isTooLong = false;
  }

  #keep(piece: Uint8Array): void {
    this.#isTooLong ||= this.#restLength + piece.length > LONGEST_ROW;
    if (this.#isTooLong) return;
    this.#rest.set(piece, this.#restLength);
    this.#restLength += piece.length;
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    if (this.#row.read(bytes, start, end)) this.#visit(this.#row);
    else if (!isHeader(bytes, start, end)) this.#malformed++;
  }
}

class Row implements TcpSocket {
  state = 0;
  localPort = 0;
  remotePort = 0;
  uid = 0;
  acceptQueue = 0;
  /** Groups of 16 bits in the order of the text: 2 of IPv4, 8 of IPv6. */
  readonly #local = new Uint16Array(8);
  readonly #remote = new Uint16Array(8);
  #isIpv6 = false;
  /** Whether all digits so far were digits. */
  #isGood = true;

  localIp(): string {
    return textOf(this.#local, this.#isIpv6);
  }

  remoteIp(): string {
    return textOf(this.#remote, this.#isIpv6);
  }

  /** False: it is no socket, and what the object says now is nothing. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let colon = start;
    while (colon < start + WIDEST_NUMBER && bytes[colon] !== COLON) colon++;
    const local = colon + 2;
    const isIpv4 = bytes[local + IPV4_DIGITS] === COLON;
    const width = isIpv4 ? IPV4_DIGITS : IPV6_DIGITS;
    const remote = local + width + 6;
    const state = remote + width + 6;
    // The narrowest uid is the last thing needed.
    if (state + STATE_TO_UID >= end) return false;
    if (bytes[colon] !== COLON || bytes[local - 1] !== SPACE || bytes[local + width] !== COLON) return false;
    if (bytes[remote - 1] !== SPACE || bytes[remote + width] !== COLON || bytes[state - 1] !== SPACE) return false;
    if (bytes[state + STATE_TO_UID - 1] !== SPACE) return false;
    this.#isGood = true;
    this.#isIpv6 = !isIpv4;
    this.#readAddress(bytes, local, this.#local);
    this.#readAddress(bytes, remote, this.#remote);
    this.localPort = this.#hex(bytes, local + width + 1, 4);
    this.remotePort = this.#hex(bytes, remote + width + 1, 4);
    this.state = this.#hex(bytes, state, 2);
    this.acceptQueue = this.state === TCP_LISTEN ? this.#hex(bytes, state + STATE_TO_RX_QUEUE, 8) >>> 0 : 0;
    this.uid = decimalAt(bytes, state + STATE_TO_UID, end);
    return this.#isGood && this.uid >= 0;
  }

  #readAddress(bytes: Uint8Array, at: number, groups: Uint16Array): void {
    const words = this.#isIpv6 ? 4 : 1;
    for (let word = 0; word < words; word++) {
      // Little-endian: the last digits are the first byte.
      const high = this.#hex(bytes, at + word * 8, 4);
      const low = this.#hex(bytes, at + word * 8 + 4, 4);
      groups[word * 2] = swapBytes(low);
      groups[word * 2 + 1] = swapBytes(high);
    }
  }

  #hex(bytes: Uint8Array, at: number, digits: number): number {
    let value = 0;
    let signs = 0;
    for (let i = at; i < at + digits; i++) {
      const digit = DIGITS[bytes[i]];
      signs |= digit;
      value = (value << 4) | (digit & 15);
    }
    if (signs < 0) this.#isGood = false;
    return value;
  }
}

function swapBytes(group: number): number {
  return ((group & 255) << 8) | (group >> 8);
}

/** The number at `at`, right-aligned with spaces before it; -1 when there is none. */
function decimalAt(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === SPACE) at++;
  let value = -1;
  for (; at < end && bytes[at] >= 48 && bytes[at] <= 57; at++) value = Math.max(value, 0) * 10 + bytes[at] - 48;
  return at < end && bytes[at] !== SPACE ? -1 : value;
}

/** `  sl  local_address …` */
function isHeader(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] === SPACE) at++;
  return bytes[at] === 115 && bytes[at + 1] === 108 && bytes[at + 2] === SPACE;
}

function textOf(groups: Uint16Array, isIpv6: boolean): string {
  if (!isIpv6) return ipv4Of(groups[0], groups[1]);
  const [start, length] = longestZeros(groups);
  if (start === 0 && length === 5 && groups[5] === 0xffff) return ipv4Of(groups[6], groups[7]);
  let text = '';
  for (let at = 0; at < 8; at++) {
    if (at === start && length > 1) {
      text += at === 0 ? '::' : ':';
      at += length - 1;
    } else text += groups[at].toString(16) + (at < 7 ? ':' : '');
  }
  return text;
}

function ipv4Of(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** The first of the longest runs of groups that are 0 (RFC 5952, 4.2). */
function longestZeros(groups: Uint16Array): readonly [start: number, length: number] {
  let best: readonly [number, number] = [-1, 0];
  let length = 0;
  for (let at = 0; at < 8; at++) {
    length = groups[at] === 0 ? length + 1 : 0;
    if (length > best[1]) best = [at - length + 1, length];
  }
  return best;
}
