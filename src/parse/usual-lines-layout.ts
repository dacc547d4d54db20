/** Addresses of what scripts/block-scan-lines.ts reads and finds, behind the numbers of the lines that are left. */
import { END_AT } from './block-layout.ts';
import { MOST_LINES, TAKEN_AT } from './many-lines-layout.ts';

/** Usual lines, 32-bit numbers of each: that of the message, plus one, and that of the peer. */
export const USUAL = ['text', 'peer'] as const;
export const USUAL_AT = TAKEN_AT;

/** 32-bit numbers of the lines that are left: where the content begins in the block, level, and where the message begins, or -1. */
export const LEFT = ['content', 'level', 'message'] as const;
export const LEFT_AT = USUAL_AT + MOST_LINES * USUAL.length * 4;

/** Settled messages: by first byte the first of them, plus one; how often each was there, by its number plus one. */
export const MOST_SETTLED = 63;
export const FIRSTS_AT = LEFT_AT + MOST_LINES * LEFT.length * 4;
export const TALLIES_AT = FIRSTS_AT + 256;
/** Of each, by its number plus one: the next with this first byte, its length, the first level at which it is settled, its bytes, and 255 for each of them. */
export const MOST_SETTLED_BYTES = 96;
export const [SETTLED_NEXT, SETTLED_LENGTH, SETTLED_LEVEL, SETTLED_TEXT] = [0, 4, 8, 16];
export const SETTLED_MASK = SETTLED_TEXT + MOST_SETTLED_BYTES;
export const SETTLED_BYTES = SETTLED_MASK + MOST_SETTLED_BYTES;
export const SETTLED_AT = TALLIES_AT + (MOST_SETTLED + 1) * 4;
export const USUAL_ROOM_LEFT = END_AT - SETTLED_AT - (MOST_SETTLED + 1) * SETTLED_BYTES;
