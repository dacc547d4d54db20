import { FAILURE_DETAILS, type FailureDetail } from '../contract/failure.ts';
import { SYMPTOMS, type Symptom } from '../contract/names.ts';
import type { Kind } from './nginx-kinds.ts';

const NONE = -1;
/** Windows numbers socket errors as BSD does, from here. */
const WINSOCK = 10_000;
const OTHER = SYMPTOMS.indexOf('other');

/**
 * errno of connect(2) and bind(2) → symptom. Linux numbers first; the text beside them differs between glibc and musl and
 * never decides. Then those of macOS and the BSDs, which Linux never returns here; Windows has them plus 10000.
 */
export const CONNECT_ERRNOS: Readonly<Record<number, Symptom>> = {
  111: 'connect_refused',
  110: 'connect_timeout',
  113: 'host_unreachable',
  112: 'host_unreachable',
  101: 'network_unreachable',
  100: 'network_unreachable',
  104: 'connect_reset',
  103: 'connect_reset',
  99: 'address_unavailable',
  98: 'address_unavailable',
  2: 'socket_missing',
  11: 'queue_full',
  13: 'permission_denied',
  1: 'permission_denied',
  24: 'fds_exhausted',
  23: 'fds_exhausted',
  61: 'connect_refused',
  60: 'connect_timeout',
  65: 'host_unreachable',
  64: 'host_unreachable',
  51: 'network_unreachable',
  50: 'network_unreachable',
  54: 'connect_reset',
  53: 'connect_reset',
  49: 'address_unavailable',
  48: 'address_unavailable',
};

/** errno of recv, send, readv, writev on an upstream connection → symptom. */
export const IO_ERRNOS: Readonly<Record<number, Symptom>> = {
  104: 'reset',
  103: 'reset',
  107: 'reset',
  32: 'broken_pipe',
  110: 'response_timeout',
  111: 'connect_refused',
  113: 'host_unreachable',
  112: 'host_unreachable',
  101: 'network_unreachable',
  100: 'network_unreachable',
  54: 'reset',
  53: 'reset',
  57: 'reset',
  60: 'response_timeout',
  61: 'connect_refused',
  65: 'host_unreachable',
  64: 'host_unreachable',
  51: 'network_unreachable',
  50: 'network_unreachable',
};

const CONNECT_TABLE = tableOf(CONNECT_ERRNOS);
const IO_TABLE = tableOf(IO_ERRNOS);

/** Index into SYMPTOMS. */
export function symptomOfConnect(errno: number): number {
  return lookUp(CONNECT_TABLE, errno);
}

/** Index into SYMPTOMS. */
export function symptomOfIo(errno: number): number {
  return lookUp(IO_TABLE, errno);
}

const [CONNECT_REFUSED, CONNECT_TIMEOUT, RESPONSE_TIMEOUT] = (
  ['connect_refused', 'connect_timeout', 'response_timeout'] as const
).map((name) => SYMPTOMS.indexOf(name));
const [EINVAL, EADDRNOTAVAIL] = [22, 99];

/**
 * What the call and its errno prove beyond the symptom: index into FAILURE_DETAILS plus one, or 0. Of TCP connect() tells that it was refused, no read
 * or write does (udp(7), ECONNREFUSED).
 */
export function detailOf({ symptom, prefix }: Pick<Kind, 'symptom' | 'prefix'>, errno: number): number {
  if (symptom === 'io') {
    const io = symptomOfIo(errno);
    if (io === RESPONSE_TIMEOUT) return numberOf('kernel_timeout');
    return io === CONNECT_REFUSED ? numberOf('datagram_refused') : 0;
  }
  if (symptom === 'connect' && symptomOfConnect(errno) === CONNECT_TIMEOUT) return numberOf('kernel_timeout');
  if (prefix === 'bind(') return numberOf(errno === EADDRNOTAVAIL ? 'not_our_address' : 'not_begun');
  if (prefix.startsWith('socket(') || prefix.startsWith('setsockopt(')) return numberOf('not_begun');
  return errno === EINVAL && prefix.startsWith('connect() ') ? numberOf('black_hole') : 0;
}

function numberOf(detail: FailureDetail): number {
  return FAILURE_DETAILS.indexOf(detail) + 1;
}

function lookUp(table: Int8Array, errno: number): number {
  const number = errno < WINSOCK ? errno : errno - WINSOCK;
  const symptom = number < table.length ? table[number] : NONE;
  return symptom === NONE ? OTHER : symptom;
}

function tableOf(errnos: Readonly<Record<number, Symptom>>): Int8Array {
  const table = new Int8Array(128).fill(NONE);
  for (const [errno, symptom] of Object.entries(errnos)) table[Number(errno)] = SYMPTOMS.indexOf(symptom);
  return table;
}

/** Lengths of `: ` and glibc's words, the commonest. */
const USUAL_TEXTS: Readonly<Record<number, string>> = {
  104: ': Connection reset by peer',
  110: ': Connection timed out',
  111: ': Connection refused',
  113: ': No route to host',
};
const USUAL_LENGTHS = new Uint8Array(128);
for (const [errno, text] of Object.entries(USUAL_TEXTS)) USUAL_LENGTHS[Number(errno)] = text.length;

/** How far behind the number the closing parenthesis usually stands; 0 when there is no telling. */
export function usualTextLength(errno: number): number {
  return errno < USUAL_LENGTHS.length ? USUAL_LENGTHS[errno] : 0;
}
