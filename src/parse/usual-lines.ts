import type { BlockIndex } from './block-index.ts';
import { bytes } from './bytes.ts';
import { KnownPeers } from './known-peers.ts';
import { MOST_LINES, OTHERS_AT } from './many-lines-layout.ts';
import { SETTLED_MESSAGES } from './settled-messages.ts';
import {
  FIRSTS_AT,
  LEFT,
  LEFT_AT,
  SETTLED_AT,
  SETTLED_BYTES,
  SETTLED_LENGTH,
  SETTLED_LEVEL,
  SETTLED_MASK,
  SETTLED_NEXT,
  SETTLED_TEXT,
  TALLIES_AT,
  USUAL,
  USUAL_AT,
} from './usual-lines-layout.ts';

const [CONTENT, LEVEL, MESSAGE] = LEFT.keys();

/**
 * Reads whole blocks of error lines at once: the usual ones at a peer that is known, and those whose message is settled, bare
 * or whole in a container's wrapping. They are most, and need no line of JavaScript each. It never judges: the others are left
 * to UsualErrorLine.
 */
export class UsualLines {
  /** Of the usual lines read last, as many numbers each as USUAL has names. */
  readonly lines: Int32Array;
  /** How many of them there are. */
  count = 0;
  /** How many of the lines read last have each of the settled messages. */
  readonly tallies: Uint32Array;
  readonly peers: KnownPeers;
  readonly #index: BlockIndex;
  readonly #longest: number;
  readonly #left: Int32Array;
  readonly #others: Uint32Array;
  #otherCount = 0;

  /** Lines of more bytes than `longest` are left. */
  constructor(index: BlockIndex, longest: number) {
    const { buffer } = index.memory;
    this.#index = index;
    this.#longest = longest;
    this.peers = new KnownPeers(index, index.usualScan);
    this.lines = new Int32Array(buffer, USUAL_AT, MOST_LINES * USUAL.length);
    this.tallies = new Uint32Array(buffer, TALLIES_AT + 4, SETTLED_MESSAGES.length);
    this.#left = new Int32Array(buffer, LEFT_AT, MOST_LINES * LEFT.length);
    this.#others = new Uint32Array(buffer, OTHERS_AT, MOST_LINES);
    writeSettled(buffer);
  }

  /**
   * Reads the lines of the block scanned last, from number `line` on, MOST_LINES at most, up to one that may be a piece of a
   * line; returns the number of the next.
   */
  read(line: number): number {
    const { usualScan, lineCount } = this.#index;
    const next = usualScan.usual_lines(line, lineCount, this.#longest);
    this.count = usualScan.usual_count.value;
    this.#otherCount = usualScan.left_count.value;
    return next;
  }

  /** Numbers of the lines that are left. */
  get others(): Uint32Array {
    return this.#others.subarray(0, this.#otherCount);
  }

  /** Where the content of a line begins in the block, by its number in `others`; known when its message is. */
  contentOf(number: number): number {
    return this.#left[number * LEFT.length + CONTENT];
  }

  levelOf(number: number): number {
    return this.#left[number * LEFT.length + LEVEL];
  }

  /** Where its message begins in the buffer, or -1: nothing is known of it. */
  messageOf(number: number): number {
    return this.#left[number * LEFT.length + MESSAGE];
  }
}

function writeSettled(memory: ArrayBuffer): void {
  const firsts = new Uint8Array(memory, FIRSTS_AT, 256);
  SETTLED_MESSAGES.forEach(({ beginning, fromLevel }, index) => {
    const text = bytes(beginning);
    const at = SETTLED_AT + (index + 1) * SETTLED_BYTES;
    const entry = new DataView(memory, at, SETTLED_BYTES);
    entry.setUint32(SETTLED_NEXT, firsts[text[0]], true);
    entry.setUint32(SETTLED_LENGTH, text.length, true);
    entry.setUint32(SETTLED_LEVEL, fromLevel, true);
    new Uint8Array(memory, at + SETTLED_TEXT).set(text);
    new Uint8Array(memory, at + SETTLED_MASK, text.length).fill(0xff);
    firsts[text[0]] = index + 1;
  });
}
