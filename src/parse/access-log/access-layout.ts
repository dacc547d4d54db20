/** Addresses of scripts/access-scan.ts, in the memory of a BlockIndex behind the numbers of the lines that are left. */
import { END_AT } from '../block-layout.ts';
import { MOST_LINES, TAKEN_AT } from '../many-lines-layout.ts';

/** 64-bit numbers: NUMBER_FIELDS, then these of the one attempt. */
export const ATTEMPT_VALUES = ['start', 'end', 'status', 'connect', 'header', 'response'] as const;
export const NUMBERS = 8;
export const VALUES_AT = TAKEN_AT;
/** Operations of OP that read forward: those below. */
export const END = 12;
/** Stand for the two arguments of a step in its piece of code: signed numbers of five bytes. */
export const PLACES = [0x3f5a_c001, 0x3f5a_c002] as const;
export const FORMAT_TEXTS_AT = VALUES_AT + (NUMBERS + ATTEMPT_VALUES.length) * 8;
export const FORMAT_TEXTS_BYTES = 65_536;

/** Sums of the ordinary lines' bytes, 64-bit numbers. */
export const BYTE_SUMS = ['sent', 'body', 'received'] as const;
export const SUMS_AT = FORMAT_TEXTS_AT + FORMAT_TEXTS_BYTES;
/** Ordinary lines, 32-bit numbers of each; `answer`: that of the attempt. */
export const ORDINARY = ['peer', 'status', 'time', 'answer', 'response', 'connect'] as const;
export const ORDINARY_AT = SUMS_AT + BYTE_SUMS.length * 8;
export const ROOM_LEFT = END_AT - ORDINARY_AT - MOST_LINES * ORDINARY.length * 4;
