/** Addresses of what a reader of many lines at once has in the memory of a BlockIndex, behind what block-layout.ts has there. */
import { READER_AT } from './block-layout.ts';

/** Hash table of known peers by address: its length, the peer's number, the bytes. One lies in one of so many neighbouring slots. */
export const PEER_SLOT_BITS = 13;
export const PEER_NEIGHBOURS = 4;
export const PEER_SLOT_BYTES = 64;
export const [PEER_LENGTH, PEER_NUMBER, PEER_KEY] = [0, 4, 8];
/** Addresses of other lengths are not in the table. */
export const [SHORTEST_PEER, LONGEST_PEER] = [8, PEER_SLOT_BYTES - PEER_KEY];
export const PEERS_AT = READER_AT;
export const PEERS_BYTES = (2 ** PEER_SLOT_BITS + PEER_NEIGHBOURS) * PEER_SLOT_BYTES;

/** Lines that are read at once, and the numbers of those that are left. */
export const MOST_LINES = 4096;
export const OTHERS_AT = PEERS_AT + PEERS_BYTES;
/** What is said of the lines that are not left. */
export const TAKEN_AT = OTHERS_AT + MOST_LINES * 4;
