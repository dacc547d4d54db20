import { isDigit, QUOTE } from '../bytes.ts';
import type { Island, Step } from './island.ts';

/** Not there; there more than once. */
export const NOT_FOUND = -1;
export const FOUND_TWICE = -2;

const DASH = 45;

/**
 * Finds the only place of an island in a line. It begins with a text. Where no value before a quote can hold that quote or the
 * first byte of the island, only the quotes of the line are looked at: a dozen instead of every blank.
 */
export class IslandFinder {
  readonly #island: Island;
  /** The island begins with it. */
  readonly #head: number;
  /** The byte that is looked for, and how many `#head` stand before it in the island. */
  readonly #anchor: number;
  readonly #headsBefore: number;
  /** How many `#head` the island has when its values have none; 0: they may. */
  readonly #heads: number;

  constructor(island: Island, steps: readonly Step[]) {
    const [first] = steps;
    this.#island = island;
    this.#head = first?.op === 'literal' ? first.bytes[0] : -1;
    const head = this.#head;
    const quoteIn = steps.findIndex((step) => step.op === 'literal' && step.bytes.includes(QUOTE));
    const before = quoteIn < 0 ? [] : steps.slice(0, quoteIn);
    const isAnchored =
      quoteIn >= 0 && head !== QUOTE && !before.some((step) => mayHold(step, head) || mayHold(step, QUOTE));
    const quoted = steps[quoteIn];
    const inQuoted =
      isAnchored && quoted.op === 'literal' ? quoted.bytes.subarray(0, quoted.bytes.indexOf(QUOTE)) : null;
    this.#anchor = inQuoted === null ? head : QUOTE;
    this.#headsBefore = inQuoted === null ? 0 : countHeads(before, head) + countByte(inQuoted, head);
    this.#heads = steps.some((step) => mayHold(step, head)) ? 0 : countHeads(steps, head);
  }

  /** Its position in [start, end), NOT_FOUND or FOUND_TWICE. */
  find(buffer: Uint8Array, start: number, end: number): number {
    const anchor = this.#anchor;
    let found = NOT_FOUND;
    for (let at = next(buffer, anchor, start, end); at < end; at = next(buffer, anchor, at + 1, end)) {
      const from = this.#headsBefore === 0 ? at : nthBefore(buffer, start, at, this.#head, this.#headsBefore);
      if (from < start || from === found || this.#island.run(buffer, from, end, null) < 0) continue;
      if (found >= 0) return FOUND_TWICE;
      found = from;
    }
    return found;
  }

  /** The same of an island that must end at `end`. */
  findLast(buffer: Uint8Array, start: number, end: number): number {
    if (this.#heads > 0) {
      const from = nthBefore(buffer, start, end, this.#head, this.#heads);
      return from >= start && this.#island.run(buffer, from, end, null) === end ? from : NOT_FOUND;
    }
    let found = NOT_FOUND;
    for (let at = next(buffer, this.#head, start, end); at < end; at = next(buffer, this.#head, at + 1, end)) {
      if (this.#island.run(buffer, at, end, null) !== end) continue;
      if (found >= 0) return FOUND_TWICE;
      found = at;
    }
    return found;
  }
}

/** The first `byte` in [start, end), or `end`. A loop of its own: V8 then checks the buffer once instead of at every byte. */
function next(buffer: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && buffer[at] !== byte) at++;
  return at;
}

/** Position of the `count`-th `byte` before `at`, or -1. */
function nthBefore(buffer: Uint8Array, start: number, at: number, byte: number, count: number): number {
  let left = count;
  for (let i = at - 1; i >= start; i--) if (buffer[i] === byte && --left === 0) return i;
  return -1;
}

function mayHold(step: Step, byte: number): boolean {
  if (step.op === 'literal') return false;
  return step.op === 'set' || step.op === 'fixed' ? step.set[byte] === 1 : isDigit(byte) || byte === DASH;
}

function countHeads(steps: readonly Step[], head: number): number {
  return steps.reduce((sum, step) => sum + (step.op === 'literal' ? countByte(step.bytes, head) : 0), 0);
}

function countByte(bytes: Uint8Array, byte: number): number {
  return bytes.reduce((sum, each) => sum + Number(each === byte), 0);
}
