import { MIXERS, SAMPLES, SLOT_BITS } from './block-layout.ts';
import { bytes, viewOf } from './bytes.ts';

const TIMED_OUT = ['110: Connection timed out', '110: Operation timed out'];
const CONNECT_ERRORS = [
  '111: Connection refused',
  '113: No route to host',
  '113: Host is unreachable',
  '101: Network is unreachable',
  '104: Connection reset by peer',
  ...TIMED_OUT,
];
const IO_CALLS = ['recv() failed (104', 'readv() failed (104', 'send() failed (104', 'writev() failed (104'];
const CONNECT = 'connecting to upstream';
const HEADER = 'reading response header from upstream';
const BODY = 'reading upstream';
const SEND = 'sending request to upstream';
const FIRST_FIELD = ', client: ';

/** What fills the error log of a gateway in trouble, in glibc's and musl's words. */
export const USUAL_MESSAGES: readonly string[] = [
  ...messages(['no live upstreams', ...CONNECT_ERRORS.map((error) => `connect() failed (${error})`)], [CONNECT]),
  ...messages(
    TIMED_OUT.map((error) => `upstream timed out (${error})`),
    [CONNECT, HEADER, BODY, SEND, 'SSL handshaking to upstream'],
  ),
  ...messages(['upstream prematurely closed connection'], [HEADER, BODY]),
  ...messages(['upstream sent too big header'], [HEADER]),
  ...messages(
    [...IO_CALLS.map((call) => `${call}: Connection reset by peer)`), 'writev() failed (32: Broken pipe)'],
    [HEADER, BODY, SEND],
  ),
];

function messages(calls: readonly string[], actions: readonly string[]): string[] {
  return calls.flatMap((call) => actions.map((action) => `${call} while ${action}${FIRST_FIELD}`));
}

export const USUAL_TEXTS: readonly Uint8Array[] = USUAL_MESSAGES.map(bytes);

/** Slot of a message in the hash table; the WebAssembly reckons the same. */
export function slotOf(text: Uint8Array): number {
  const view = viewOf(text);
  const [first, second, third] = SAMPLES.map((at) => view.getInt32(at, true));
  const mixed = Math.imul(Math.imul(first, MIXERS[0]) ^ second, MIXERS[1]) ^ third;
  return Math.imul(mixed, MIXERS[2]) >>> (32 - SLOT_BITS);
}
