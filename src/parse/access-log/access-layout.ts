/** Addresses of scripts/access-scan.ts, in the memory of a BlockIndex behind what block-layout.ts has there. */
import { END_AT, READER_AT } from '../block-layout.ts';

/** 64-bit numbers: NUMBER_FIELDS, then these of the one attempt. */
export const ATTEMPT_VALUES = ['start', 'end', 'status', 'connect', 'header', 'response'] as const;
export const NUMBERS = 8;
export const VALUES_AT = READER_AT;
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
export const MOST_LINES = 4096;
export const ORDINARY_AT = SUMS_AT + BYTE_SUMS.length * 8;
/** Numbers of the other lines. */
export const OTHERS_AT = ORDINARY_AT + MOST_LINES * ORDINARY.length * 4;

/** Hash table of known peers by address: its length, the peer's number, the bytes. One lies in one of so many neighbouring slots. */
export const PEER_SLOT_BITS = 13;
export const PEER_NEIGHBOURS = 4;
export const PEER_SLOT_BYTES = 64;
export const [PEER_LENGTH, PEER_NUMBER, PEER_KEY] = [0, 4, 8];
/** Addresses of other lengths are not in the table. */
export const [SHORTEST_PEER, LONGEST_PEER] = [8, PEER_SLOT_BYTES - PEER_KEY];
export const PEERS_AT = Math.ceil((OTHERS_AT + MOST_LINES * 4) / PEER_SLOT_BYTES) * PEER_SLOT_BYTES;
export const PEERS_BYTES = (2 ** PEER_SLOT_BITS + PEER_NEIGHBOURS) * PEER_SLOT_BYTES;
export const ROOM_LEFT = END_AT - PEERS_AT - PEERS_BYTES;
