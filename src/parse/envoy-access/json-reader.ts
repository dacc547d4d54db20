import { BACKSLASH, QUOTE, SPACE } from '../bytes.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import type { JsonEntry, JsonLayout } from './json-layout.ts';
import { unescapeInPlace } from './json-string.ts';
import { ENVOY_RESULT } from './text-reader.ts';

const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON, COMMA, LETTER_N] = [123, 125, 91, 93, 58, 44, 110];
const { foreign: FOREIGN, read: READ, ambiguous: AMBIGUOUS } = ENVOY_RESULT;
const TAB = 9;
const NOT_JSON = -1;

type MustField = 'response_code' | 'response_flags';

/**
 * Reads lines of a JSON format: one object, its keys in any order, values strings, numbers or null (an old Envoy wrote
 * all as strings). Quotes in values are escaped, so nobody can write a key. An object with a key twice is not Envoy's.
 */
export class JsonReader {
  readonly #layout: JsonLayout;
  readonly #must: readonly MustField[];
  #objects = 0;
  #isAmbiguous = false;
  #isEscaped = false;
  /** A copy of a line, in which values are unescaped where they stand. */
  #copy: Buffer = Buffer.alloc(0);

  /** `must`: fields without which a line is none of this format; Envoy always has them. */
  constructor(layout: JsonLayout, must: readonly MustField[]) {
    this.#layout = layout;
    this.#must = must;
  }

  /** Puts the values of [start, end) into `line`. Returns an ENVOY_RESULT. */
  fill(buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number {
    const result = this.#fill(buffer, start, end, line);
    if (!this.#isEscaped) return result;
    const length = end - start;
    if (this.#copy.length < length) this.#copy = Buffer.alloc(length * 2);
    buffer.copy(this.#copy, 0, start, end);
    line.clear(this.#copy);
    return this.#fill(this.#copy, 0, length, line);
  }

  #fill(buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number {
    this.#isAmbiguous = false;
    this.#isEscaped = false;
    if (buffer[start] !== OPEN_BRACE) return FOREIGN;
    const stop = this.#object(this.#layout, buffer, start, end, line);
    if (stop < 0 || skipBlanks(buffer, stop, end) !== end) return FOREIGN;
    if (this.#isAmbiguous) return AMBIGUOUS;
    return this.#must.every((field) => line.has(field) || line.isNone(field)) ? READ : FOREIGN;
  }

  /** Returns the position behind the object at `at`, or NOT_JSON. */
  #object(layout: JsonLayout, buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): number {
    const object = ++this.#objects;
    let at = skipBlanks(buffer, start + 1, end);
    if (buffer[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      if (at >= end || buffer[at] !== QUOTE) return NOT_JSON;
      const keyEnd = stringEnd(buffer, at, end);
      const colon = keyEnd < 0 ? NOT_JSON : skipBlanks(buffer, keyEnd, end);
      if (colon < 0 || colon >= end || buffer[colon] !== COLON) return NOT_JSON;
      const key = layout.keys.find(buffer, at + 1, keyEnd - 1);
      const value = skipBlanks(buffer, colon + 1, end);
      if (key > 0) {
        if (layout.seenIn[key - 1] === object) this.#isAmbiguous = true;
        layout.seenIn[key - 1] = object;
      }
      at = key === 0 ? skipValue(buffer, value, end) : this.#value(layout.entries[key - 1], buffer, value, end, line);
      if (at < 0) return NOT_JSON;
      at = skipBlanks(buffer, at, end);
      if (at >= end) return NOT_JSON;
      if (buffer[at] === CLOSE_BRACE) return at + 1;
      if (buffer[at] !== COMMA) return NOT_JSON;
      at = skipBlanks(buffer, at + 1, end);
    }
  }

  #value(entry: JsonEntry, buffer: Buffer, at: number, end: number, line: EnvoyAccessLine): number {
    const first = buffer[at];
    if (entry.kind === 'object' && first === OPEN_BRACE) return this.#object(entry.layout, buffer, at, end, line);
    const stop = skipValue(buffer, at, end);
    if (stop < 0 || entry.kind === 'object' || first === OPEN_BRACE || first === OPEN_BRACKET) return stop;
    if (first === LETTER_N) {
      if (entry.kind === 'value') line.setNone(entry.field);
    } else if (first !== QUOTE) this.#take(entry, buffer, at, stop, line);
    else this.#take(entry, buffer, at + 1, this.#unescaped(buffer, at + 1, stop - 1), line);
    return stop;
  }

  /** The end of the string [start, end) once its escapes are replaced, in the copy. */
  #unescaped(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && buffer[at] !== BACKSLASH) at++;
    if (at === end) return end;
    if (buffer === this.#copy) return unescapeInPlace(buffer, start, end);
    this.#isEscaped = true;
    return end;
  }

  #take(entry: JsonEntry, buffer: Buffer, start: number, end: number, line: EnvoyAccessLine): void {
    if (entry.kind === 'value') line.set(entry.field, start, end);
    else if (entry.kind === 'text' && entry.reader.fill(buffer, start, end, line) === AMBIGUOUS)
      this.#isAmbiguous = true;
  }
}

function skipBlanks(buffer: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (buffer[at] === SPACE || buffer[at] === TAB)) at++;
  return at;
}

/** Position behind the closing quote of the string that opens at `at`. */
function stringEnd(buffer: Buffer, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    if (buffer[i] === QUOTE) return i + 1;
    if (buffer[i] === BACKSLASH) i++;
  }
  return NOT_JSON;
}

/** Position behind any value; brackets are counted, strings passed over. */
function skipValue(buffer: Buffer, at: number, end: number): number {
  if (at >= end) return NOT_JSON;
  if (buffer[at] === QUOTE) return stringEnd(buffer, at, end);
  let depth = 0;
  for (let i = at; i < end; i++) {
    const byte = buffer[i];
    if (byte === QUOTE) {
      i = stringEnd(buffer, i, end) - 1;
      if (i < 0) return NOT_JSON;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return i > at ? i : NOT_JSON;
      if (--depth === 0) return i + 1;
    } else if (byte === COMMA && depth === 0) return i > at ? i : NOT_JSON;
  }
  return NOT_JSON;
}
