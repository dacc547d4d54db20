import { type ByteSet, bytesOf } from './byte-set.ts';

/** Fields that are one number. `request_time` and `msec` are milliseconds. */
export const NUMBER_FIELDS = [
  'status',
  'request_time',
  'bytes_sent',
  'body_bytes_sent',
  'request_length',
  'connection',
  'connection_requests',
  'msec',
] as const;
/** Fields that are a piece of the line. */
export const TEXT_FIELDS = [
  'host',
  'server_name',
  'request_method',
  'request',
  'http_upgrade',
  'request_id',
  'time_local',
  'time_iso8601',
  'upstream_response_length',
  'limit_req_status',
  'limit_conn_status',
] as const;
/** Fields with one item for each attempt; times are milliseconds. */
export const LIST_FIELDS = [
  'upstream_addr',
  'upstream_status',
  'upstream_connect_time',
  'upstream_header_time',
  'upstream_response_time',
] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];
export type TextField = (typeof TEXT_FIELDS)[number];
export type ListField = (typeof LIST_FIELDS)[number];
export type Field = NumberField | TextField | ListField;
export const FIELDS: ReadonlySet<string> = new Set<Field>([...NUMBER_FIELDS, ...TEXT_FIELDS, ...LIST_FIELDS]);

/** What counters are made of: a format that has it but hides it is refused. */
const COUNTED: ReadonlySet<string> = new Set([
  'status',
  'request_time',
  'bytes_sent',
  'request_length',
  ...LIST_FIELDS,
] satisfies readonly Field[]);

/** What is known of the values of a variable, as they stand in the log. */
export interface Variable {
  readonly name: string;
  /** Null: anything, see ANYTHING. */
  readonly bytes: ByteSet | null;
  /** Items of several attempts: `a, b : c`. */
  readonly isList: boolean;
  /** It cannot be told apart from its neighbours when it is empty. nginx writes `-` for most that are not there. */
  readonly mayBeEmpty: boolean;
  /** Without escaping it may hold a newline: it is decoded, or made by a program. */
  readonly mayHoldNewline: boolean;
}

const DIGITS = bytesOf('0-9');
const DECIMAL = bytesOf('0-9.');
const LIST = bytesOf('0-9., :-');
const IP = bytesOf('0-9A-Za-z.:-');
const WORD = bytesOf('A-Za-z0-9._:/+-');
/** Addresses, sockets, names of upstream blocks, and what stands between them. */
const ADDRESSES = bytesOf('A-Za-z0-9._:/[]%~@+, -');

const KNOWN: ReadonlyMap<string, ByteSet> = new Map([
  ...named(DIGITS, 'status bytes_sent body_bytes_sent request_length connection connection_requests pid'),
  ...named(
    bytesOf('0-9-'),
    'apache_bytes_sent server_port remote_port realip_remote_port proxy_protocol_port proxy_port',
  ),
  ...named(DECIMAL, 'request_time msec connection_time'),
  ...named(bytesOf('0-9.-'), 'gzip_ratio'),
  ...named(LIST, 'upstream_status upstream_connect_time upstream_header_time upstream_response_time'),
  ...named(LIST, 'upstream_response_length upstream_bytes_sent upstream_bytes_received'),
  ...named(ADDRESSES, 'upstream_addr'),
  ...named(IP, 'remote_addr realip_remote_addr server_addr proxy_protocol_addr'),
  ...named(bytesOf('A-Z_-'), 'request_method upstream_cache_status limit_req_status limit_conn_status'),
  // Only these of what a request line holds are checked by every nginx. Host was not until 1.21.1.
  ...named(bytesOf('A-Z0-9./-'), 'server_protocol'),
  ...named(bytesOf('a-z-'), 'scheme https'),
  // People write `$ssl_protocol/$ssl_cipher`.
  ...named(bytesOf('A-Za-z0-9._-'), 'ssl_protocol ssl_cipher ssl_session_reused ssl_session_id'),
  ...named(WORD, 'request_completion nginx_version hostname'),
  ...named(bytesOf('0-9a-f-'), 'request_id'),
  ...named(bytesOf('0-9A-Za-z/: +-'), 'time_local'),
  ...named(bytesOf('0-9T:+-'), 'time_iso8601'),
  ...named(bytesOf('.p'), 'pipe'),
  // Of server_name directives; never of a request.
  ...named(bytesOf('!#-~'), 'server_name'),
  // ingress-nginx sets them to names of Kubernetes objects.
  ...named(WORD, 'proxy_upstream_name proxy_alternative_upstream_name'),
]);

/** Written by the log module itself, always with a value. */
const NEVER_EMPTY = new Set([
  ...['pipe', 'time_local', 'time_iso8601', 'msec', 'request_time'],
  ...['status', 'bytes_sent', 'body_bytes_sent', 'request_length'],
]);
/** A line of a request or of an answer: read up to its line end. */
const OF_ONE_LINE =
  /^(?:request|request_uri|args|query_string|is_args|host|(?:http|arg|cookie|upstream_http|upstream_cookie)_\w+)$/;

function named(bytes: ByteSet, names: string): [string, ByteSet][] {
  return names.split(' ').map((name) => [name, bytes]);
}

/** `words`: names of variables that the operator knows to hold one word (WORD) and nothing of a client. */
export function variableOf(name: string, words: ReadonlySet<string> = new Set()): Variable {
  const bytes = KNOWN.get(name) ?? (words.has(name) ? WORD : null);
  return {
    name,
    bytes,
    isList: bytes === LIST || bytes === ADDRESSES,
    mayBeEmpty: !NEVER_EMPTY.has(name),
    mayHoldNewline: bytes === null && !OF_ONE_LINE.test(name),
  };
}

export function isCounted(name: string): boolean {
  return COUNTED.has(name);
}
