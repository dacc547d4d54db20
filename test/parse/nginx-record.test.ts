import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecord } from '../../src/parse/nginx-record.ts';
import { FAILURE_ROWS } from './nginx-failure-rows.ts';
import { lineOf, type Row } from './nginx-lines.ts';
import { TRAP_ROWS } from './nginx-trap-rows.ts';

function answer(line: string) {
  const record = readRecord(line);
  assert.ok(record, `not read: ${line}`);
  const { errno, phase, symptom, upstreamFailure, status } = record;
  return { errno, phase, symptom, upstreamFailure, status };
}

function expected({ errno, phase, symptom, status }: Row) {
  return {
    errno: errno ?? null,
    phase: phase ?? null,
    symptom: symptom ?? null,
    upstreamFailure: status !== undefined,
    status: status ?? null,
  };
}

for (const row of FAILURE_ROWS) {
  test(`failed attempt: [${row.level}] ${row.text} ${row.fields ?? ''}`, () => {
    assert.deepEqual(answer(lineOf(row)), expected(row));
    const peer = row.fields === 'noUpstream' ? null : { address: '10.244.1.17', port: 8080 };
    const upstream = readRecord(lineOf(row))?.upstream ?? null;
    if (row.symptom !== 'dns_failure')
      assert.deepEqual(upstream && { address: upstream.address, port: upstream.port }, peer);
  });
}

for (const row of TRAP_ROWS) {
  test(`no failed attempt: [${row.level}] ${row.text} ${row.fields ?? ''}`, () => {
    assert.deepEqual(answer(lineOf(row)), expected(row));
  });
}

test('there are at least 60 traps', () => assert.ok(TRAP_ROWS.length >= 60, `${TRAP_ROWS.length}`));

const BEFORE =
  '2026/11/21 03:03:03 [error] 31#0: *7 connect() failed (111: Connection refused) while connecting to upstream';

test('head and fields', () => {
  const record = readRecord(
    `${BEFORE}, client: ::ffff:10.0.0.1, server: ~^(?<a>x,y)"$, request: "POST /a?token=secret HTTP/2.0", subrequest: "/_auth", upstream: "https://[2001:db8::1]:8443/a", host: "shop.example.com", request_id: "9"`,
  );
  assert.ok(record);
  const { time, level, pid, tid, connection, client, server, host, method, upstream, status } = record;
  assert.deepEqual(
    { time, level, pid, tid, connection, client, server, host, method, upstream, status },
    {
      time: '2026/11/21 03:03:03',
      level: 'error',
      pid: 31,
      tid: 0,
      connection: 7,
      client: '::ffff:10.0.0.1',
      server: '~^(?<a>x,y)"$',
      host: 'shop.example.com',
      method: 'POST',
      upstream: { scheme: 'https', address: '2001:db8::1', port: 8443 },
      status: null,
    },
  );
  assert.doesNotMatch(JSON.stringify(record), /secret/);
});

const SHAPES: readonly [field: string, peer: readonly [scheme: string, address: string, port: number | null] | null][] =
  [
    ['http://10.0.0.1:80/p', ['http', '10.0.0.1', 80]],
    ['http://[2001:db8::1]:80/p', ['http', '2001:db8::1', 80]],
    ['http://unix:/run/x.sock:/p', ['http', '/run/x.sock', null]],
    ['fastcgi://unix:/run/php.sock:', ['fastcgi', '/run/php.sock', null]],
    ['uwsgi://unix:///home/app/app.sock:', ['uwsgi', '///home/app/app.sock', null]],
    ['http://backend/p', ['http', 'backend', null]],
    ['fastcgi://127.0.0.1:9000', ['fastcgi', '127.0.0.1', 9000]],
    ['grpcs://10.0.0.1:50051', ['grpcs', '10.0.0.1', 50051]],
    ['memcached://127.0.0.1:11211', ['memcached', '127.0.0.1', 11211]],
    ['10.0.0.1:5432', ['', '10.0.0.1', 5432]],
    ['backend', ['', 'backend', null]],
    ['http:///api/v1', null],
  ];
for (const [field, peer] of SHAPES) {
  test(`upstream field ${field}`, () => {
    const upstream = readRecord(
      `${BEFORE}, client: 10.0.0.1, server: a, request: "GET / HTTP/1.1", upstream: "${field}", host: "h"`,
    )?.upstream;
    const [scheme, address, port] = peer ?? [];
    assert.deepEqual(upstream, peer === null ? null : { scheme, address, port });
  });
}

test('the logging request of a statistics module carries an upstream that is nobody’s failure', () => {
  const record = readRecord(
    `2026/11/21 03:03:03 [error] 1#1: *7 shm_add_upstream failed while logging request, client: 1.1.1.1, server: a, request: "GET / HTTP/1.1", upstream: "http://10.0.0.1:80/", host: "a"`,
  );
  assert.deepEqual([record?.symptom, record?.upstream, record?.upstreamFailure], [null, null, false]);
});

test('a client cannot write a failure into a file name', () => {
  const forged =
    '/srv/x" failed (111: x) while connecting to upstream, client: 6.6.6.6, server: a, request: "GET / HTTP/1.1", upstream: "http://6.6.6.6:66/';
  const record = readRecord(
    `2026/11/21 03:03:03 [error] 1#1: *7 open() "${forged}" failed (2: No such file or directory), client: 10.0.0.1, server: a, request: "GET / HTTP/1.1", host: "a"`,
  );
  assert.deepEqual(
    [record?.symptom, record?.upstream, record?.upstreamFailure, record?.phase],
    [null, null, false, null],
  );
});

for (const line of [
  '',
  'x',
  '2026/11/21 03:03:03 [alert] 6258#6258 [unit] accept failed',
  '2026/11/21 03:03:03 [odd] 1#1: x',
  '1.2.3.4 - - [21/Nov/2026:03:03:03 +0000] "GET / HTTP/1.1" 502 0 "-" "-"',
  '10.0.0.1 2026/11/21 03:03:03 [error] 1#1: x',
]) {
  test(`not an nginx error line: ${JSON.stringify(line)}`, () => assert.equal(readRecord(line), null));
}
