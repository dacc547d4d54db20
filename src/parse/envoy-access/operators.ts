import type { AccessField } from './access-fields.ts';

/**
 * What a command operator can print:
 * - `code`: 0 or three digits; `number`: digits; `protocol`, `flags`, `long_flags`: Envoy's own words;
 * - `word`: text of Envoy or of its configuration: addresses, names, details. Envoy puts `_` for blanks in its details;
 * - `time`: see start-time.ts;
 * - `open`: anything but a newline, as a client or a backend wrote it. Text formats escape nothing.
 * `-` stands for "none" in all of them.
 */
export type ValueKind = 'code' | 'number' | 'protocol' | 'flags' | 'long_flags' | 'word' | 'time' | 'open';

export interface Operator {
  /** As the format has it, without the percent signs. */
  readonly text: string;
  readonly name: string;
  /** Between the parentheses; empty without. */
  readonly argument: string;
  readonly kind: ValueKind;
  readonly field: AccessField | null;
  /** It may print a newline: whoever fills it could write whole lines. */
  readonly mayHoldNewline: boolean;
}

const FIELDS: ReadonlyMap<string, AccessField> = new Map<string, AccessField>([
  ['START_TIME', 'start_time'],
  ['RESPONSE_CODE', 'response_code'],
  ['RESPONSE_FLAGS', 'response_flags'],
  ['RESPONSE_FLAGS_LONG', 'response_flags_long'],
  ['RESPONSE_CODE_DETAILS', 'response_code_details'],
  ['CONNECTION_TERMINATION_DETAILS', 'connection_termination_details'],
  ['UPSTREAM_TRANSPORT_FAILURE_REASON', 'transport_failure_reason'],
  ['UPSTREAM_HOST', 'upstream_host'],
  ['UPSTREAM_CLUSTER', 'upstream_cluster'],
  ['UPSTREAM_CLUSTER_RAW', 'upstream_cluster'],
  ['ROUTE_NAME', 'route_name'],
  ['DURATION', 'duration'],
  ['REQUEST_TX_DURATION', 'request_tx_duration'],
  ['RESPONSE_DURATION', 'response_duration'],
  ['BYTES_SENT', 'bytes_sent'],
  ['BYTES_RECEIVED', 'bytes_received'],
  ['PROTOCOL', 'protocol'],
  ['CONNECTION_ID', 'connection_id'],
  ['STREAM_ID', 'stream_id'],
  ['UPSTREAM_REQUEST_ATTEMPT_COUNT', 'attempts'],
]);

const KINDS: ReadonlyMap<string, ValueKind> = new Map<string, ValueKind>([
  ['START_TIME', 'time'],
  ['RESPONSE_CODE', 'code'],
  ['RESPONSE_FLAGS', 'flags'],
  ['RESPONSE_FLAGS_LONG', 'long_flags'],
  ['PROTOCOL', 'protocol'],
  ['UPSTREAM_PROTOCOL', 'protocol'],
]);
const NUMBER =
  /^(?:(?:REQUEST_|REQUEST_TX_|RESPONSE_|RESPONSE_TX_|DOWNSTREAM_HANDSHAKE_|ROUNDTRIP_|COMMON_)?DURATION|BYTES_(?:SENT|RECEIVED|RETRANSMITTED)|PACKETS_RETRANSMITTED|(?:UPSTREAM|DOWNSTREAM)_(?:WIRE|HEADER|DECOMPRESSED_HEADER)_BYTES_(?:SENT|RECEIVED)|(?:UPSTREAM_)?CONNECTION_ID|UPSTREAM_REQUEST_ATTEMPT_COUNT|(?:REQUEST_HEADERS|RESPONSE_HEADERS|RESPONSE_TRAILERS)_BYTES|(?:UPSTREAM|DOWNSTREAM)_(?:DIRECT_)?(?:LOCAL|REMOTE)_PORT)$/;
/** STREAM_ID is not among them: it prints the client's x-request-id. */
const WORD =
  /^(?:RESPONSE_CODE_DETAILS|CONNECTION_TERMINATION_DETAILS|(?:UPSTREAM|DOWNSTREAM)_TRANSPORT_FAILURE_REASON|UPSTREAM_HOST|UPSTREAM_CLUSTER|UPSTREAM_CLUSTER_RAW|ROUTE_NAME|(?:UPSTREAM|DOWNSTREAM)_(?:DIRECT_)?(?:LOCAL|REMOTE)_ADDRESS(?:_WITHOUT_PORT)?|(?:UPSTREAM|DOWNSTREAM)_TLS_(?:VERSION|CIPHER)|GRPC_STATUS|GRPC_STATUS_NUMBER|HOSTNAME|FILTER_CHAIN_NAME|VIRTUAL_CLUSTER_NAME|ACCESS_LOG_TYPE|UNIQUE_ID)$/;
const MULTILINE = /^(?:DYNAMIC_METADATA|LOCAL_REPLY_BODY|FILTER_STATE|UPSTREAM_FILTER_STATE|CEL|METADATA)$/;
/** Addresses that Istio's ambient mode prints instead of the host (pilot/pkg/model/telemetry_logging.go). */
const ADDRESS_STATE = /^envoy\.filters\.listener\.original_dst\.(?:local|remote)_ip:PLAIN$/;
/** Envoy 1.37 has both names of each. */
const [REQUEST_HEADER, RESPONSE_HEADER] = [/^REQ(?:UEST_HEADER)?$/, /^RESP(?:ONSE_HEADER)?$/];
const METHOD = /^:method$/i;
const SERVICE_TIME = /^x-envoy-upstream-service-time$/i;

/** `length`: the limit behind the colon. A value that was cut is not the value. */
export function operatorOf(text: string, name: string, argument: string, length: string | undefined): Operator {
  const isAddress = name === 'FILTER_STATE' && ADDRESS_STATE.test(argument);
  const field = length === undefined ? fieldOf(name, argument) : null;
  const mayHoldNewline =
    MULTILINE.test(name) && !isAddress && !(name === 'METADATA' && !argument.startsWith('DYNAMIC'));
  return { text, name, argument, kind: isAddress ? 'word' : kindOf(name), field, mayHoldNewline };
}

function fieldOf(name: string, argument: string): AccessField | null {
  if (REQUEST_HEADER.test(name) && METHOD.test(argument)) return 'method';
  if (RESPONSE_HEADER.test(name) && SERVICE_TIME.test(argument)) return 'upstream_service_time';
  return FIELDS.get(name) ?? null;
}

function kindOf(name: string): ValueKind {
  if (NUMBER.test(name)) return 'number';
  return KINDS.get(name) ?? (WORD.test(name) ? 'word' : 'open');
}
