/** Addresses in the memory that the WebAssembly of scripts/block-scan.ts shares with block-index.ts. */

/** The most that one scan takes; the block lies at address 0. */
export const BLOCK_BYTES = 131_072;
/** The scan looks at 64 bytes at a time and writes so many marks at a time: an error line has few in as many bytes. */
export const STRIDE = 64;
export const MARKS_AT_ONCE = { few: 4, many: 6 } as const;
/** 32-bit positions. */
export const MARKS_AT = BLOCK_BYTES + STRIDE;

/** 32-bit numbers of the marks that are newlines; one is written whether there is one or not. */
export const LINES_AT = MARKS_AT + (BLOCK_BYTES + MARKS_AT_ONCE.many) * 4 + 4;

/** What `usual` found: the level, and positions of the message, the fields, the upstream's value, its peer and the peer's end. */
export const FOUND_AT = LINES_AT + (BLOCK_BYTES + 1) * 4;
export const FOUND = ['level', 'message', 'fields', 'value', 'peer', 'peerEnd'] as const;

/** Hash table: a byte per slot, the first text there plus one. */
export const SLOT_BITS = 8;
export const SLOTS_AT = FOUND_AT + FOUND.length * 4;
/** By text plus one, 4 bytes each: the next text in the slot, its length, its address. */
export const MOST_TEXTS = 255;
export const NEXT_AT = SLOTS_AT + 2 ** SLOT_BITS;
export const LENGTHS_AT = NEXT_AT + (MOST_TEXTS + 1) * 4;
export const ADDRESSES_AT = LENGTHS_AT + (MOST_TEXTS + 1) * 4;
export const TEXTS_AT = ADDRESSES_AT + (MOST_TEXTS + 1) * 4;
export const TEXTS_BYTES = 16_384;

/** Room for a reader of the block's lines; what is not touched takes no memory. */
export const READER_AT = Math.ceil((TEXTS_AT + TEXTS_BYTES) / 64) * 64;
const READER_BYTES = 786_432;

const PAGE_BYTES = 65_536;
export const PAGES = Math.ceil((READER_AT + READER_BYTES) / PAGE_BYTES);
export const END_AT = PAGES * PAGE_BYTES;

/** Three words that lie in every usual message and differ between nearly all of them, and how they are mixed. */
export const SAMPLES = [18, 40, 52] as const;
export const MIXERS = [0x85ebca6b, 0x9e3779b1, 0x85ebca6b] as const;

/** Shorter lines are not looked at: `YYYY/MM/DD HH:MM:SS [level] P#T: *C M`. */
export const SHORTEST_LINE = 36;
