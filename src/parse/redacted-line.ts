import type { PeerAddress } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import { NginxErrorLine } from './nginx-error.ts';
import { KINDS } from './nginx-kinds.ts';
import type { AttemptPhase } from './nginx-phase.ts';
import { type NginxRecord, readRecord } from './nginx-record.ts';

/** A line of a failed attempt that may be shown and kept: nothing of the request is in it. */
export interface RedactedLine {
  readonly symptom: Symptom;
  readonly peer: PeerAddress | null;
  /** At most 300 characters, printable ASCII and `…`: time, level, nginx's own words, errno, action and upstream. */
  readonly text: string;
}

const LONGEST = 300;
const TIME = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/;
const HIDDEN = '…';
/** Behind these words stands a name that a request may have chosen, or what a Lua program said. */
const OPEN_ENDED = [
  'no resolver defined to resolve ',
  'failed to run balancer_by_lua',
  'connect() to ',
  'bind(',
  'the new socket has number ',
];
/** Beginnings of nginx's own messages. */
const KNOWN = KINDS.filter(({ symptom }) => symptom !== 'none').map(({ prefix }) => prefix);
const NOT_RESOLVED = /^\S+ could not be resolved/;
const IP_WITH_PORT = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i;
const NAME = /^[\w./-]{1,120}$/;
const SCHEME = /^[a-z]{3,9}$/;
const REQUEST = ', request: "';
/** The field behind a request without a quote in it. */
const UPSTREAM_AT = /, request: "[^"]* HTTP\/\d\.\d"(?:, subrequest: "[^"]*")?, upstream: "/y;

const ACTIONS: Readonly<Record<AttemptPhase, string>> = {
  connect: 'connecting to upstream',
  tls_handshake: 'SSL handshaking to upstream',
  send_request: 'sending request to upstream',
  read_header: 'reading response header from upstream',
  read_body: 'reading upstream',
  upgraded: 'proxying upgraded connection',
  stream_proxy: 'proxying connection',
  resolve: 'resolving',
};

/** Linux's numbers in glibc's words: musl has others, and what stands in the line is not copied. */
export const ERRNO_WORDS: Readonly<Record<number, string>> = {
  2: 'No such file or directory',
  11: 'Resource temporarily unavailable',
  13: 'Permission denied',
  23: 'Too many open files in system',
  24: 'Too many open files',
  28: 'No space left on device',
  30: 'Read-only file system',
  32: 'Broken pipe',
  98: 'Address already in use',
  99: 'Cannot assign requested address',
  101: 'Network is unreachable',
  103: 'Software caused connection abort',
  104: 'Connection reset by peer',
  110: 'Connection timed out',
  111: 'Connection refused',
  113: 'No route to host',
  122: 'Disk quota exceeded',
};

/** All that is said of a message that nobody knows: it may hold anything. */
const VOCABULARY = new Set(
  [
    ...KINDS.flatMap(({ prefix }) => prefix.split(' ')),
    ...Object.values(ACTIONS).flatMap((text) => text.split(' ')),
    ...'address allocation an body cache certificate chunked code could data empty end error exceeded expected failed'.split(
      ' ',
    ),
    ...'for found frame from header host in invalid is length limit long memory missing name not of on or out'.split(
      ' ',
    ),
    ...'protocol read record response size small socket status stream than timeout to too unexpected unknown'.split(
      ' ',
    ),
    ...'unsupported version was while window with without write'.split(' '),
  ].filter((word) => /^[A-Za-z]+(?:\(\))?$/.test(word)),
);

/**
 * Reads one line without its wrapping. Null: it is no failed attempt. What a client can write (address, URI, query, host,
 * referrer, user) and what anybody quoted is not in the text; of unknown messages only known words are.
 */
export function redactedLine(line: Buffer): RedactedLine | null {
  const record = readRecord(line);
  if (record?.symptom == null || !record.upstreamFailure) return null;
  const { symptom, upstream: peer } = record;
  return { symptom, peer, text: textOf(record, mayBeForged(line)).slice(0, LONGEST) };
}

function textOf({ time, level, message, errno, phase, upstream }: NginxRecord, isDoubtful: boolean): string {
  const words = [TIME.test(time) ? `${time} ` : '', `[${level}] `, messageText(message)];
  if (errno !== null) words.push(ERRNO_WORDS[errno] ? ` (${errno}: ${ERRNO_WORDS[errno]})` : ` (${errno})`);
  if (phase !== null) words.push(` while ${ACTIONS[phase]}`);
  if (upstream !== null) words.push(`, upstream: ${upstreamText(upstream, isDoubtful)}`);
  return words.join('').replaceAll(/[^\x20-\x7e…]/g, escaped);
}

function messageText(message: string): string {
  if (NOT_RESOLVED.test(message)) return `${HIDDEN} could not be resolved`;
  const open = OPEN_ENDED.find((prefix) => message.startsWith(prefix));
  if (open !== undefined) return message.endsWith(' failed') ? `${open}${HIDDEN} failed` : `${open}${HIDDEN}`;
  // The errno and its parenthesis are no longer in the message.
  const text = `${message} (`;
  return KNOWN.some((prefix) => text.startsWith(prefix)) ? withoutQuotes(message) : knownWords(message);
}

/** A quoted text may hold quotes itself: everything from the first to the last. */
function withoutQuotes(message: string): string {
  const first = message.indexOf('"');
  if (first < 0) return message;
  const last = message.lastIndexOf('"');
  return last === first
    ? `${message.slice(0, first)}${HIDDEN}`
    : `${message.slice(0, first)}${HIDDEN}${message.slice(last + 1)}`;
}

function knownWords(message: string): string {
  const words = message.split(/\s+/).map((word) => (VOCABULARY.has(word) ? word : HIDDEN));
  return words.filter((word, index) => word !== HIDDEN || words[index - 1] !== HIDDEN).join(' ');
}

function upstreamText({ scheme, address, port }: PeerAddress, isDoubtful: boolean): string {
  const before = SCHEME.test(scheme) ? `${scheme}://` : '';
  if (port !== null && IP_WITH_PORT.test(address)) {
    return `${before}${address.includes(':') ? `[${address}]` : address}:${port}`;
  }
  if (isDoubtful || !NAME.test(address)) return `${before}${HIDDEN}`;
  const name = address.startsWith('/') ? `unix:${address}` : address;
  return `${before}${name}${port === null ? '' : `:${port}`}`;
}

/** Cut, or the field does not stand right behind the request: it may be what a client wrote. */
function mayBeForged(line: Buffer): boolean {
  if (NginxErrorLine.isCut(0, line.length)) return true;
  const text = line.toString('latin1');
  UPSTREAM_AT.lastIndex = text.indexOf(REQUEST);
  return UPSTREAM_AT.lastIndex >= 0 && !UPSTREAM_AT.test(text);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
