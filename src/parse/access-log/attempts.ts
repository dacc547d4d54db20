import { NUMBERS } from './access-layout.ts';
import { readInteger, readSeconds } from './numbers.ts';

const [SPACE, COMMA, DASH, COLON] = [32, 44, 45, 58];
const FIRST_ROOM = 16;
const MOST_STATUS_DIGITS = 3;
/** Bytes of `, ` and ` : `. */
const [NEXT_ATTEMPT, REDIRECT] = [2, 3];

/** Times of an attempt. */
export const TIME_COLUMNS = ['connect', 'header', 'response'] as const;
export const [CONNECT, HEADER, RESPONSE] = TIME_COLUMNS.keys();

/** ATTEMPT_VALUES begin here. */
const START = NUMBERS;

/** What nginx does not know, and writes as `-` or not at all. */
export const NONE = -1;

/**
 * The attempts of one request, as nginx lists them in `$upstream_addr` and its like: `, ` before the next attempt, ` : ` before the
 * first one after an internal redirect. All lists of a line have the same number of items. The first item may be empty, and so may
 * be what follows ` : `, which then is no attempt (nginx/nginx src/http/ngx_http_upstream.c, ngx_http_upstream_addr_variable).
 */
export class Attempts {
  /** How many; valid after `finish`. */
  count = 0;
  /** Where the addresses stand in the line's buffer; equal when nginx failed before it had one. */
  starts = new Int32Array(FIRST_ROOM);
  ends = new Int32Array(FIRST_ROOM);
  /** The upstream's answer, or the 502 or 504 that nginx gave the attempt; NONE. */
  statuses = new Float64Array(FIRST_ROOM).fill(NONE);
  /** By TIME_COLUMNS, in milliseconds; NONE. */
  readonly times = TIME_COLUMNS.map(() => new Float64Array(FIRST_ROOM).fill(NONE));
  /** 1: the first one after an internal redirect, which is no retry. */
  redirected = new Uint8Array(FIRST_ROOM);
  /** Items of the lists read so far; 0 before the first. */
  #items = 0;
  /** They ended in ` : `. */
  #isOpen = false;
  #agree = true;
  /** No list has said anything but that there is nothing. */
  #isBlank = true;

  /** Before a line. */
  clear(): void {
    this.count = 0;
    this.#items = 0;
    this.#agree = true;
    this.#isBlank = true;
  }

  /** Takes over what QuickLine has read: no attempt, or one. */
  take(count: number, values: Float64Array): void {
    this.count = count;
    // Who looks for the pieces of the line may have to read the lists again.
    this.#items = 1;
    this.#isOpen = false;
    if (count === 0) return;
    this.starts[0] = values[START];
    this.ends[0] = values[START + 1];
    this.statuses[0] = values[START + 2];
    this.times[CONNECT][0] = values[START + 3];
    this.times[HEADER][0] = values[START + 4];
    this.times[RESPONSE][0] = values[START + 5];
  }

  /** Behind a line; false when its lists cannot be of one request. */
  finish(): boolean {
    // One `-` is what nginx writes when there was no attempt.
    this.count = this.#items === 1 && this.#isBlank && !this.#isOpen ? 0 : this.#items;
    return this.#agree;
  }

  /**
   * Reads `$upstream_addr` at `start`; returns its end, or -1. `isCounted`: what follows may look like another item, so it has
   * as many as the list before; likewise the next two.
   */
  readAddresses(buffer: Uint8Array, start: number, limit: number, isCounted: boolean): number {
    let items = 0;
    let at = start;
    for (;;) {
      const end = this.#readAddress(buffer, at, limit, items);
      if (end === at && items > 0) return this.#closeOpen(items, at);
      const next = this.#nextItem(buffer, end, limit, ++items, isCounted);
      if (next === end) return this.#close(items, end);
      at = next;
    }
  }

  /** Reads `$upstream_status` at `start`; returns its end, or -1. */
  readStatuses(buffer: Uint8Array, start: number, limit: number, isCounted: boolean): number {
    let items = 0;
    let at = start;
    for (;;) {
      const end = this.#readStatus(buffer, at, limit, items);
      if (end < 0) return -1;
      if (end === at && items > 0) return this.#closeOpen(items, at);
      const next = this.#nextItem(buffer, end, limit, ++items, isCounted);
      if (next === end) return this.#close(items, end);
      at = next;
    }
  }

  /** Reads `$upstream_response_time` and its like at `start`; returns its end, or -1. */
  readTimes(buffer: Uint8Array, start: number, limit: number, isCounted: boolean, column: number): number {
    let items = 0;
    let at = start;
    for (;;) {
      const end = this.#readTime(buffer, at, limit, items, column);
      if (end < 0) return -1;
      if (end === at && items > 0) return this.#closeOpen(items, at);
      const next = this.#nextItem(buffer, end, limit, ++items, isCounted);
      if (next === end) return this.#close(items, end);
      at = next;
    }
  }

  #readAddress(buffer: Uint8Array, at: number, limit: number, item: number): number {
    let end = at;
    while (end < limit && buffer[end] !== SPACE && buffer[end] !== COMMA) end++;
    this.starts[item] = at;
    this.ends[item] = end;
    if (end - at === 1 && buffer[at] === DASH) this.ends[item] = at;
    else if (end > at) this.#isBlank = false;
    return end;
  }

  #readStatus(buffer: Uint8Array, at: number, limit: number, item: number): number {
    const end = readInteger(buffer, at, limit, this.statuses, item);
    if (end > at) this.#isBlank = false;
    else this.statuses[item] = NONE;
    if (end - at > MOST_STATUS_DIGITS) return -1;
    return end === at && at < limit && buffer[at] === DASH ? at + 1 : end;
  }

  #readTime(buffer: Uint8Array, at: number, limit: number, item: number, column: number): number {
    const times = this.times[column];
    const end = readSeconds(buffer, at, limit, times, item);
    if (end > at) this.#isBlank = false;
    else times[item] = NONE;
    return end === at && at < limit && buffer[at] === DASH ? at + 1 : end;
  }

  /** Where the next item begins, or `at` when there is none. */
  #nextItem(buffer: Uint8Array, at: number, limit: number, item: number, isCounted: boolean): number {
    const byte = buffer[at];
    if ((byte !== COMMA && byte !== SPACE) || at >= limit) return at;
    if (isCounted && item === this.#items && !this.#isOpen) return at;
    const length = byte === COMMA ? NEXT_ATTEMPT : REDIRECT;
    if (buffer[at + length - 1] !== SPACE || at + length > limit) return at;
    if (length === REDIRECT && buffer[at + 1] !== COLON) return at;
    if (item === this.redirected.length) this.#grow();
    this.redirected[item] = length === REDIRECT ? 1 : 0;
    return at + length;
  }

  /** Nothing stands behind a separator. */
  #closeOpen(items: number, at: number): number {
    return this.redirected[items] === 1 ? this.#close(items, at, true) : -1;
  }

  #close(items: number, at: number, isOpen = false): number {
    if (this.#items !== 0 && (this.#items !== items || this.#isOpen !== isOpen)) this.#agree = false;
    this.#items = items;
    this.#isOpen = isOpen;
    return at;
  }

  #grow(): void {
    const room = this.redirected.length * 2;
    this.starts = copyTo(new Int32Array(room), this.starts);
    this.ends = copyTo(new Int32Array(room), this.ends);
    this.redirected = copyTo(new Uint8Array(room), this.redirected);
    this.statuses = copyTo(new Float64Array(room).fill(NONE), this.statuses);
    this.times.forEach((times, column) => {
      this.times[column] = copyTo(new Float64Array(room).fill(NONE), times);
    });
  }
}

function copyTo<T extends { set(from: ArrayLike<number>): void }>(to: T, from: ArrayLike<number>): T {
  to.set(from);
  return to;
}
