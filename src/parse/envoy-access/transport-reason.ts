import { SYMPTOMS, type Symptom } from '../../contract/names.ts';
import { symptomOfConnect } from '../nginx-errno.ts';

/** Why a connection to an upstream did not come about. `errno` is null where none was said. */
export interface TransportReason {
  readonly symptom: Symptom;
  readonly errno: number | null;
}

/** Words of glibc and of musl; Envoy before 1.29 wrote the number. In lower case. */
const ERRNO_WORDS: Readonly<Record<string, number>> = {
  'operation not permitted': 1,
  'no such file or directory': 2,
  'resource temporarily unavailable': 11,
  'permission denied': 13,
  'too many open files in system': 23,
  'file table overflow': 23,
  'too many open files': 24,
  'no file descriptors available': 24,
  'address already in use': 98,
  'address in use': 98,
  'cannot assign requested address': 99,
  'address not available': 99,
  'network is down': 100,
  'network is unreachable': 101,
  'network unreachable': 101,
  'software caused connection abort': 103,
  'connection aborted': 103,
  'connection reset by peer': 104,
  'connection reset by network': 104,
  'connection timed out': 110,
  'operation timed out': 110,
  'connection refused': 111,
  'host is down': 112,
  'no route to host': 113,
  'host is unreachable': 113,
};
/** `delayed connect error: 111`, `immediate connect error: Cannot assign requested address|remote address:…`; an access log has `_` for blanks. */
const CONNECT_ERROR =
  /^(?:delayed|immediate)[ _]connect[ _]error:[ _](?:(\d{1,3})(?![\d])|([A-Za-z][A-Za-z _]*[A-Za-z]))/;
const TLS = /^TLS[ _]error:/;
const NOT_VERIFIED = /CERTIFICATE[ _]VERIFY[ _]FAILED/i;

/** Reads what %UPSTREAM_TRANSPORT_FAILURE_REASON% or a body says; `other` for what is not known. Facts: envoy.md §3.1, §3.2. */
export function readTransportReason(text: string): TransportReason {
  if (TLS.test(text)) return { symptom: NOT_VERIFIED.test(text) ? 'tls_verify' : 'tls_handshake', errno: null };
  const found = CONNECT_ERROR.exec(text);
  if (found === null) return { symptom: 'other', errno: null };
  const errno = found[1] === undefined ? errnoOf(found[2]) : Number(found[1]);
  if (errno === undefined) return { symptom: 'other', errno: null };
  return { symptom: SYMPTOMS[symptomOfConnect(errno)], errno };
}

/** Other words may follow in somebody's log. */
function errnoOf(text: string): number | undefined {
  const words = text.replaceAll('_', ' ').toLowerCase();
  const known = Object.keys(ERRNO_WORDS).find((each) => words === each || words.startsWith(`${each} `));
  return known === undefined ? undefined : ERRNO_WORDS[known];
}
