import {
  ADDRESSES_AT,
  BLOCK_BYTES,
  FOUND,
  FOUND_AT,
  LENGTHS_AT,
  LINES_AT,
  MARKS_AT,
  NEXT_AT,
  SLOTS_AT,
  TEXTS_AT,
} from './block-layout.ts';
import { BLOCK_SCAN } from './block-scan.ts';
import type { PeerLearner } from './known-peers.ts';
import { slotOf, USUAL_TEXTS } from './usual-messages.ts';

/** See scripts/block-scan-lines.ts. */
export interface UsualScan extends PeerLearner {
  readonly usual_count: WebAssembly.Global;
  readonly left_count: WebAssembly.Global;
  usual_lines(line: number, lines: number, longest: number): number;
}

interface Scan extends UsualScan {
  readonly memory: WebAssembly.Memory;
  readonly odd: WebAssembly.Global;
  readonly lines: WebAssembly.Global;
  scan(length: number, base: number): number;
  scan_clean(length: number, base: number): number;
  scan_dense(length: number, base: number): number;
  usual(start: number, end: number, mark: number, lastMark: number): number;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(): Scan {
  compiled ??= new WebAssembly.Module(Buffer.from(BLOCK_SCAN, 'base64'));
  const scan = new WebAssembly.Instance(compiled).exports as unknown as Scan;
  writeTexts(scan.memory.buffer);
  return scan;
}

/** Puts the usual messages and their hash table where the WebAssembly looks for them. */
function writeTexts(memory: ArrayBuffer): void {
  const slots = new Uint8Array(memory, SLOTS_AT);
  const [next, lengths, addresses] = [NEXT_AT, LENGTHS_AT, ADDRESSES_AT].map((at) => new Uint32Array(memory, at));
  let address = TEXTS_AT;
  USUAL_TEXTS.forEach((text, index) => {
    const number = index + 1;
    const slot = slotOf(text);
    next[number] = slots[slot];
    slots[slot] = number;
    lengths[number] = text.length;
    addresses[number] = address;
    new Uint8Array(memory).set(text, address);
    address += text.length;
  });
}

/**
 * Where the newlines and quotes of a block stand. They end every line and open and close every field of an nginx error
 * line, so a reader that knows them need not search. Found by SIMD: a tenth of the time of searching line by line.
 */
export class BlockIndex {
  /** Position in the buffer of every newline and quote of the block scanned last, ascending. */
  readonly marks: Uint32Array;
  /** How many of them there are. */
  count = 0;
  /** Which of the marks are newlines, ascending. */
  readonly lines: Uint32Array;
  /** How many of these there are. */
  lineCount = 0;
  /** What `usual` found, in the order of FOUND: the level, and positions in the buffer. */
  readonly found: Int32Array;
  /** Where the block scanned last begins in its buffer. */
  base = 0;
  private readonly scanner = instantiate();
  private readonly block: Uint8Array;

  private readonly isDense: boolean;

  /** `isDense`: there will be many quotes, and nobody will ask whether a block is odd. */
  constructor(isDense = false) {
    this.isDense = isDense;
    const { buffer } = this.scanner.memory;
    this.block = new Uint8Array(buffer, 0, BLOCK_BYTES);
    this.marks = new Uint32Array(buffer, MARKS_AT);
    this.lines = new Uint32Array(buffer, LINES_AT);
    this.found = new Int32Array(buffer, FOUND_AT, FOUND.length);
  }

  /** Scans [start, end) of `buffer`, at most BLOCK_BYTES. */
  scan(buffer: Uint8Array, start: number, end: number): void {
    this.block.set(buffer.subarray(start, end));
    this.base = start;
    const length = end - start;
    if (this.isDense) this.count = this.scanner.scan_dense(length, start);
    // What was odd before often is again; then looking twice would be in vain.
    else this.count = this.isOdd ? this.scanner.scan(length, start) : this.scanner.scan_clean(length, start);
    this.lineCount = this.scanner.lines.value;
  }

  /** Where the block scanned last begins at 0; block-layout.ts says what else is there. */
  get memory(): WebAssembly.Memory {
    return this.scanner.memory;
  }

  /** Reads many lines of the block scanned last at once: see UsualLines. */
  get usualScan(): UsualScan {
    return this.scanner;
  }

  /** The block scanned last holds bytes other than printable ASCII and newlines. */
  get isOdd(): boolean {
    return this.scanner.odd.value !== 0;
  }

  /**
   * Number of the usual message, plus one, of the line [start, end) of the block; 0 when the line is not a usual one.
   * Its quotes are the marks `first` up to `last`. `found` then has level and message if it begins as usual; else the
   * position of the message is -1.
   */
  usual(start: number, end: number, first: number, last: number): number {
    return this.scanner.usual(start - this.base, end - this.base, first, last);
  }
}

/** The marks `first` up to `last` of one line; `index` has scanned a block with this line. */
export interface LineMarks {
  readonly index: BlockIndex;
  readonly first: number;
  readonly last: number;
}

let single: BlockIndex | undefined;

/** The marks of the one line [start, end); valid until the next call. What is beyond BLOCK_BYTES is not looked at. */
export function marksOf(buffer: Uint8Array, start: number, end: number): LineMarks {
  single ??= new BlockIndex();
  single.scan(buffer, start, Math.min(end, start + BLOCK_BYTES));
  return { index: single, first: 0, last: single.count };
}
