import fc from 'fast-check';
import { METHODS } from '../../../src/contract/traffic.ts';
import type { AccessFormat } from '../../../src/parse/access-log/access-format.ts';
import type { LogFormat } from '../../../src/parse/access-log/log-format.ts';
import { OTHER_METHOD } from '../../../src/parse/access-log/methods.ts';
import {
  type Field,
  LIST_FIELDS,
  NUMBER_FIELDS,
  TEXT_FIELDS,
  variableOf,
} from '../../../src/parse/access-log/variables.ts';
import { listsOf, seconds, type Values, type WrittenAttempt } from './nginx-writer.ts';

/** Values made to deceive, and what must be read all the same. */

/** What can stand between two variables of a format. */
export const SEPARATORS = [
  ...[' ', ' ', ' ', '" "', '"', ' "', '" ', '\t', '|', ', ', ' : ', '[', '] [', '] ', ':', '=', '-', ';'],
  ...['\\"', 'é', '","x":"', ''],
];

export interface Sample {
  readonly values: Values;
  readonly attempts: readonly WrittenAttempt[];
  /** See listsOf. */
  readonly isOpen: boolean;
}

const milliseconds = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 99_999_999 }));
const unknownOr = fc.oneof(fc.constant(-1), milliseconds);
const attempts = fc
  .array(
    fc.record({
      address: fc.constantFrom('10.0.0.1:80', '[fd00::1]:8443', 'unix:/run/x.sock', 'shop_cart', '127.0.0.1:1'),
      status: fc.constantFrom(0, 200, 502, 504, 42),
      connect: unknownOr,
      header: unknownOr,
      response: milliseconds,
      redirected: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((list) => list.map((each, i) => (i === 0 ? { ...each, redirected: false } : each)));

/** What nginx itself writes, or has checked. */
const CHECKED: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...Object.fromEntries(NUMBER_FIELDS.map((name) => [name, fc.nat().map(String)])),
  status: fc.integer({ min: 0, max: 599 }).map((code) => String(code).padStart(3, '0')),
  request_time: milliseconds.map(seconds),
  msec: fc.integer({ min: 0, max: 4_000_000_000_000 }).map(seconds),
  remote_addr: fc.constantFrom('10.0.0.1', '::ffff:10.0.0.1', 'unix:'),
  server_name: fc.constantFrom('_', 'shop.example.com', '~^(?<a>[a-z]+)$', ''),
  server_port: fc.constantFrom('443'),
  request_method: fc.constantFrom('GET', 'PROPFIND', 'POST', 'A_B-C'),
  scheme: fc.constantFrom('http', 'https'),
  pipe: fc.constantFrom('.', 'p'),
  time_local: fc.constantFrom('21/Nov/2026:10:00:00 +0000', '01/Jan/2026:23:59:59 -0330'),
  time_iso8601: fc.constantFrom('2026-11-21T10:00:00+00:00'),
  request_id: fc.constantFrom('0123456789abcdef0123456789abcdef'),
  server_protocol: fc.constantFrom('HTTP/1.1', 'HTTP/2.0'),
  limit_req_status: fc.constantFrom('PASSED', 'DELAYED', 'REJECTED', 'DELAYED_DRY_RUN', 'REJECTED_DRY_RUN', ''),
  limit_conn_status: fc.constantFrom('PASSED', 'REJECTED', 'REJECTED_DRY_RUN', ''),
  ssl_protocol: fc.constantFrom('TLSv1.3', 'TLSv1', '-'),
  upstream_cache_status: fc.constantFrom('MISS', 'REVALIDATED', ''),
  gzip_ratio: fc.constantFrom('3.02', ''),
  request_completion: fc.constantFrom('OK', ''),
  hostname: fc.constantFrom('edge-1.example'),
  https: fc.constantFrom('on', ''),
  ssl_cipher: fc.constantFrom('TLS_AES_256_GCM_SHA384', '-'),
  proxy_upstream_name: fc.constantFrom('shop-cart-8080', ''),
  proxy_alternative_upstream_name: fc.constantFrom('', 'shop-cart-canary-8080'),
};

/** What a client sends to be taken for something else: pieces of the format itself, numbers, separators, any bytes. */
function hostile({ tokens }: LogFormat): fc.Arbitrary<Buffer> {
  const pieces = tokens.map((token) => (token.kind === 'literal' ? token.text : `$${token.name}`));
  const numbers = ['200', '0.001', '502, 200', '10.6.6.6:66', '-', ' : ', ' 500 ', '": "', '\\', '\\x22', '\\\\"'];
  const fragment = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces, ...SEPARATORS) },
    { weight: 3, arbitrary: fc.constantFrom(...numbers) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  );
  return fc.oneof(
    fc.array(fragment, { maxLength: 12 }).map((list) => Buffer.from(list.join(''), 'latin1')),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
}

/** Values for every variable of a format that may be accepted. */
export function samplesOf(format: LogFormat): fc.Arbitrary<Sample> {
  const record: Record<string, fc.Arbitrary<Buffer | string | null>> = {};
  // Without escaping a line break ends the line; formats with values that may hold one are refused.
  const mayHold = (value: Buffer) => format.escaping !== 'none' || !value.includes(10);
  for (const token of format.tokens) {
    if (token.kind !== 'variable' || variableOf(token.name).isList) continue;
    record[token.name] = CHECKED[token.name] ?? fc.option(hostile(format).filter(mayHold));
  }
  return fc
    .tuple(fc.record(record), attempts, fc.boolean())
    .map(([values, list, isOpen]) => ({ values: { ...values, ...listsOf(list, isOpen) }, attempts: list, isOpen }));
}

/** What a line of these values says, in the form of readBack. */
export function expectedOf({ fields }: AccessFormat, { values, attempts: list, isOpen }: Sample) {
  const has = (name: Field) => fields.has(name);
  const numberOf = (name: Field) => (has(name) ? Number(values[name]) : -1);
  const millisecondsOf = (name: Field) => (has(name) ? Math.round(Number(values[name]) * 1000) : -1);
  const limit = (['limit_req', 'limit_conn'] as const).find(
    (name) => has(`${name}_status`) && values[`${name}_status`] === 'REJECTED',
  );
  const method = METHODS.indexOf(values.request_method as 'GET');
  return {
    fits: 'fits',
    status: numberOf('status'),
    requestTime: millisecondsOf('request_time'),
    bytesSent: numberOf('bytes_sent'),
    bodyBytesSent: numberOf('body_bytes_sent'),
    requestLength: numberOf('request_length'),
    connection: numberOf('connection'),
    connectionRequests: numberOf('connection_requests'),
    attempts: expectedAttempts(has, list, isOpen),
    refusedBy: limit ?? null,
    ...(has('msec') ? { timeMs: millisecondsOf('msec') } : {}),
    ...(has('request_method') ? { method: method < 0 ? OTHER_METHOD : method } : {}),
  };
}

/** What the format's lists can tell of the attempts. */
function expectedAttempts(has: (name: Field) => boolean, list: readonly WrittenAttempt[], isOpen: boolean) {
  const seen = list.map((attempt) => ({
    address: has('upstream_addr') ? attempt.address : '',
    status: has('upstream_status') && attempt.status !== 0 ? attempt.status : -1,
    connect: has('upstream_connect_time') ? attempt.connect : -1,
    header: has('upstream_header_time') ? attempt.header : -1,
    response: has('upstream_response_time') ? attempt.response : -1,
    redirected: attempt.redirected,
  }));
  const [first] = seen;
  const isBlank = first?.address === '' && Math.max(first.status, first.connect, first.header, first.response) < 0;
  const hasList = LIST_FIELDS.some(has);
  // Without an address nothing tells one attempt of which nginx knows nothing from none.
  return !hasList || (seen.length === 1 && isBlank && !isOpen) ? [] : seen;
}

export const EVERY_FIELD = [...NUMBER_FIELDS, ...LIST_FIELDS, ...TEXT_FIELDS] as const;
