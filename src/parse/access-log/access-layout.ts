/** Addresses of scripts/access-scan.ts, in the memory of a BlockIndex behind what block-layout.ts has there. */
import { PAGE_BYTES, PAGES, TEXTS_AT, TEXTS_BYTES } from '../block-layout.ts';

/** 64-bit numbers: NUMBER_FIELDS, then these of the one attempt. */
export const ATTEMPT_VALUES = ['start', 'end', 'status', 'connect', 'header', 'response'] as const;
export const NUMBERS = 8;
export const VALUES_AT = Math.ceil((TEXTS_AT + TEXTS_BYTES) / 8) * 8;
/** Steps as in OP, of which it knows the first twelve, and END behind the last. */
export const PROGRAM_AT = VALUES_AT + (NUMBERS + ATTEMPT_VALUES.length) * 8;
export const PROGRAM_BYTES = 8192;
export const END = 12;
export const FORMAT_TEXTS_AT = PROGRAM_AT + PROGRAM_BYTES;
export const FORMAT_TEXTS_BYTES = PAGES * PAGE_BYTES - FORMAT_TEXTS_AT;
