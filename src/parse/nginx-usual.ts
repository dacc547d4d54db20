import { bytes, QUOTE, SPACE } from './bytes.ts';

/**
 * The messages that make up nearly all of an error log in trouble, up to the first field. Each stands between
 * ` *CID ` and the client's address, where only nginx writes. What they mean is asked of the general reader.
 */
const MESSAGES: readonly string[] = [
  ...['111: Connection refused', '113: No route to host', '113: Host is unreachable', '110: Connection timed out'].map(
    (errno) => `connect() failed (${errno}) while connecting to upstream`,
  ),
  ...['110: Connection timed out', '110: Operation timed out'].flatMap((errno) => [
    `upstream timed out (${errno}) while connecting to upstream`,
    `upstream timed out (${errno}) while reading response header from upstream`,
    `upstream timed out (${errno}) while reading upstream`,
  ]),
  'upstream prematurely closed connection while reading response header from upstream',
  'upstream prematurely closed connection while reading upstream',
  'recv() failed (104: Connection reset by peer) while reading response header from upstream',
  'no live upstreams while connecting to upstream',
];
const FIRST_FIELD = ', client: ';
const TEXTS = MESSAGES.map((message) => bytes(message + FIRST_FIELD));
const LONGEST_TEXT = Math.max(...TEXTS.map((text) => text.length)) + 3;
/** `YYYY/MM/DD HH:MM:SS [error] P#T: *C `, a text, `1.1.1.1, server: , request: "G / HTTP/1.0", upstream: "http://a/`. */
const SHORTEST_LINE = 37 + LONGEST_TEXT + 70;
