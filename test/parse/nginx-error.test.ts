import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { NginxErrorLine } from '../../src/parse/nginx-error.ts';
import { readRecord } from '../../src/parse/nginx-record.ts';
import { FAILURE_ROWS } from './nginx-failure-rows.ts';
import { lineOf } from './nginx-lines.ts';
import { TRAP_ROWS } from './nginx-trap-rows.ts';

const CAPTURE = readFileSync(new URL('../fixtures/nginx/loopback-faults.log', import.meta.url), 'latin1')
  .trimEnd()
  .split('\n');
const LINES = [...CAPTURE, ...FAILURE_ROWS.map(lineOf), ...TRAP_ROWS.map(lineOf)];
const line = new NginxErrorLine();

function read(text: string | Buffer) {
  const buffer = Buffer.from(text);
  const isRead = line.read(buffer, 0, buffer.length);
  const peer =
    isRead && line.hasUpstream ? buffer.toString('utf8', line.upstream.peerStart, line.upstream.peerEnd) : null;
  return { isRead, symptom: SYMPTOMS[line.symptom] ?? null, failure: line.failure, errno: line.errno, peer };
}

test('every captured line is read, and the failures are counted once each', () => {
  const counts: Record<string, number> = {};
  for (const text of CAPTURE) {
    const { isRead, symptom, failure } = read(text);
    assert.ok(isRead, text);
    if (failure && symptom !== null) counts[symptom] = (counts[symptom] ?? 0) + 1;
  }
  assert.deepEqual(counts, {
    connect_refused: 18,
    premature_close: 1,
    reset: 5,
    response_timeout: 7,
    header_too_big: 1,
    invalid_response: 4,
    truncated_response: 2,
    connect_timeout: 2,
    permission_denied: 3,
    socket_missing: 1,
    host_unreachable: 1,
    network_unreachable: 1,
    address_unavailable: 1,
    no_live_upstreams: 2,
    other: 1,
    tls_handshake: 2,
    tls_verify: 2,
    dns_failure: 2,
  });
});

test('a position other than the start of the buffer', () => {
  const text = LINES[5];
  const buffer = Buffer.from(`xx\n${text}\n${text}`);
  assert.equal(line.read(buffer, 3, 3 + text.length), true);
  assert.equal(line.failure, true);
});

const START =
  '2026/11/21 03:03:03 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1, server: a, request: "';
const REAL = 'http://10.244.1.17:8080/';
const FORGED: readonly [name: string, rest: string, peer: string | null][] = [
  [
    'URL without spaces',
    `GET /?a"b",upstream:"http://6.6.6.6:80/ HTTP/1.1", upstream: "${REAL}?a"b",upstream:"http://6.6.6.6:80/", host: "a"`,
    '10.244.1.17:8080',
  ],
  [
    'URL with spaces, nginx before 1.21.1',
    `GET / HTTP/1.1", upstream: "http://6.6.6.6:80/ HTTP/1.1", upstream: "${REAL}", host: "a"`,
    null,
  ],
  [
    'URL with spaces and a host',
    `GET / HTTP/1.1", host: "x", upstream: "http://6.6.6.6:80/ HTTP/1.1", upstream: "${REAL}", host: "a"`,
    null,
  ],
  [
    'Referer',
    `GET / HTTP/1.1", upstream: "${REAL}", host: "a", referrer: "http://r/", upstream: "http://6.6.6.6:80/x", host: "spoof"`,
    '10.244.1.17:8080',
  ],
  [
    'Referer without an upstream of its own',
    'GET / HTTP/1.1", host: "a", referrer: "http://r/", upstream: "http://6.6.6.6:80/x", host: "spoof"',
    null,
  ],
  [
    'Referer without Host',
    `GET / HTTP/1.0", upstream: "${REAL}", referrer: "x", upstream: "http://6.6.6.6:80/x"`,
    '10.244.1.17:8080',
  ],
  ['Host', 'GET / HTTP/1.1", host: "a", upstream: "http://6.6.6.6:80/"', null],
  ['cut inside the URL', `GET /${'a'.repeat(1850)}`, null],
  ['cut behind the authority', `GET / HTTP/1.1", upstream: "${REAL}aaaa`, '10.244.1.17:8080'],
  ['cut inside the authority', 'GET / HTTP/1.1", upstream: "http://10.244.1.1', null],
  ['HTTP/0.9', `GET /", upstream: "${REAL}"`, '10.244.1.17:8080'],
];
for (const [name, rest, peer] of FORGED) {
  test(`forged: ${name}`, () => {
    assert.deepEqual(read(START + rest), { isRead: true, symptom: 'connect_refused', failure: true, errno: 111, peer });
  });
}

test('a phase in the Referer makes no failure of a line without one', () => {
  const text =
    '2026/11/21 03:03:03 [alert] 1#1: *7 64 worker_connections are not enough, client: 1.1.1.1, server: a, request: "GET / HTTP/1.1", host: "a", referrer: "x while connecting to upstream"';
  assert.equal(read(text).failure, false);
});

// What a client can put into each place: nginx ≥ 1.21.1 refuses blanks in URLs, and a Host has a narrow alphabet.
const bait = fc.constantFrom(
  '"',
  ',',
  ' ',
  'upstream:',
  '", upstream: "http://6.6.6.6:80/',
  ' HTTP/1.1"',
  ', host: "',
  '", referrer: "',
  '(111: x)',
  ' while connecting to upstream',
  ', client: ',
  'failed (',
  '\\',
  '\t',
  'é',
  '\u001b',
);
const hostile = fc
  .array(fc.oneof(bait, fc.string({ maxLength: 8 })), { maxLength: 12 })
  .map((parts) => parts.join('').replaceAll(/[\r\n]/g, ''));
const url = hostile.map((text) => `/${text.replaceAll(/[\0-\x20\x7f]/g, '')}`);
const hostName = fc.string({ unit: fc.constantFrom(...'abc.-_:019,()'), maxLength: 30 });

test('URL, Host and Referer change neither symptom nor errno and never name another peer', () => {
  const forms = FAILURE_ROWS.filter(({ fields }) => fields === undefined);
  fc.assert(
    fc.property(
      fc.constantFrom(...forms),
      url,
      hostName,
      hostile,
      fc.boolean(),
      (row, path, host, referrer, repeats) => {
        const message = lineOf(row).split(', client: ')[0];
        const upstream = `http://10.244.1.17:8080${repeats ? path : '/'}`;
        const text = `${message}, client: 1.1.1.1, server: a, request: "GET ${path} HTTP/1.1", upstream: "${upstream}", host: "${host}", referrer: "${referrer}"`;
        const { symptom, failure, peer } = read(text.slice(0, 2047));
        const record = readRecord(text.slice(0, 2047));
        assert.deepEqual([symptom, failure, record?.errno], [row.symptom, true, row.errno ?? null]);
        assert.ok(peer === null || peer === '10.244.1.17:8080', `peer ${peer}`);
      },
    ),
    { numRuns: 2000 },
  );
});

test('any bytes, cut and spliced lines: no throw, positions inside the line', () => {
  const cut = fc.tuple(fc.constantFrom(...LINES), fc.nat(2100)).map(([text, at]) => Buffer.from(text.slice(0, at)));
  const spliced = fc
    .tuple(fc.constantFrom(...LINES), fc.constantFrom(...LINES), fc.nat(300), fc.nat(300))
    .map(([a, b, i, j]) => Buffer.from(a.slice(0, i) + b.slice(j)));
  const random = fc
    .uint8Array({ maxLength: 300 })
    .map((tail) => Buffer.concat([Buffer.from('2026/11/21 03:03:03 [error] 1#1: *1 '), tail]));
  fc.assert(
    fc.property(fc.oneof(cut, spliced, random), (buffer) => {
      const isRead = line.read(buffer, 0, buffer.length);
      if (isRead && line.hasUpstream) {
        assert.ok(line.upstream.peerStart < line.upstream.peerEnd && line.upstream.peerEnd <= buffer.length);
      }
      if (isRead && line.failure) assert.ok(line.symptom >= 0);
      assert.equal(readRecord(buffer)?.upstreamFailure ?? false, isRead && line.failure);
    }),
    { numRuns: 3000 },
  );
});

test('every line cut at every length: no throw, and a peer is never a part of one', () => {
  for (const row of FAILURE_ROWS.slice(0, 30)) {
    const text = lineOf(row);
    for (let length = 0; length <= text.length; length++) {
      const { peer } = read(text.slice(0, length));
      assert.ok(peer === null || peer === '10.244.1.17:8080', `${peer} of ${text.slice(0, length)}`);
    }
  }
});
