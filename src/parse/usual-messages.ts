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
/** Told at once, with the address: mostly of a socket in the file system. */
const ADDRESS_ERRORS = [
  ...CONNECT_ERRORS,
  '2: No such file or directory',
  '11: Resource temporarily unavailable',
  '13: Permission denied',
  '99: Cannot assign requested address',
  '99: Address not available',
  '101: Network unreachable',
];
const IO_CALLS = ['recv() failed (104', 'readv() failed (104', 'send() failed (104', 'writev() failed (104'];
const CONNECT = 'connecting to upstream';
const HEADER = 'reading response header from upstream';
const BODY = 'reading upstream';
const SEND = 'sending request to upstream';
const HANDSHAKE = 'SSL handshaking to upstream';
const UPGRADED = 'proxying upgraded connection';
const FIRST_FIELD = ', client: ';

/** Of OpenSSL 3 and 1.1: the upstream speaks no TLS, or none in common with us; then certificates. */
const TLS_ERRORS = [
  ...[
    '0A00010B:SSL routines::wrong version number',
    '1408F10B:SSL routines:ssl3_get_record:wrong version number',
    '0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40',
    '14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40',
  ].map((error) => `SSL_do_handshake() failed (SSL: error:${error})`),
  ...[
    '10:certificate has expired',
    '18:self-signed certificate',
    '18:self signed certificate',
    '19:self-signed certificate in certificate chain',
    '19:self signed certificate in certificate chain',
    '20:unable to get local issuer certificate',
    '21:unable to verify the first certificate',
  ].map((error) => `upstream SSL certificate verify error: (${error})`),
  'peer closed connection in SSL handshake (104: Connection reset by peer)',
  'peer closed connection in SSL handshake',
];

/** Behind these words stands an address; what comes then is looked up as a message of its own. */
export const CONNECT_TO = 'connect() to ';
const FAILED_TO: readonly string[] = messages(
  ADDRESS_ERRORS.map((error) => ` failed (${error})`),
  [CONNECT],
);

const WHOLE: readonly string[] = [
  ...messages(['no live upstreams', ...CONNECT_ERRORS.map((error) => `connect() failed (${error})`)], [CONNECT]),
  ...messages(
    TIMED_OUT.map((error) => `upstream timed out (${error})`),
    [CONNECT, HEADER, BODY, SEND, HANDSHAKE],
  ),
  ...messages(TLS_ERRORS, [HANDSHAKE]),
  ...messages(['upstream prematurely closed connection'], [HEADER, BODY]),
  ...messages(['upstream sent too big header'], [HEADER]),
  ...messages(['upstream sent invalid chunked response'], [BODY]),
  ...messages(
    [...IO_CALLS.map((call) => `${call}: Connection reset by peer)`), 'writev() failed (32: Broken pipe)'],
    [HEADER, BODY, SEND, UPGRADED],
  ),
];
/** The number of the first of USUAL_MESSAGES that stands behind an address. */
export const FIRST_FAILED_TO = WHOLE.length;

/** What fills the error log of a gateway in trouble, in glibc's and musl's words. */
export const USUAL_MESSAGES: readonly string[] = [...WHOLE, ...FAILED_TO];

/** The message with what stands before it; `address`: where it wants one. */
export function messageWith(message: string, address: string): string {
  return FAILED_TO.includes(message) ? CONNECT_TO + address + message : message;
}

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
