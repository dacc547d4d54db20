import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SYMPTOMS } from '../../src/contract/names.ts';
import { ErrorLogReader } from '../../src/parse/error-log-reader.ts';
import { Interner } from '../../src/parse/interner.ts';
import { LogCounts } from '../../src/parse/log-counts.ts';

/** As nginx 1.22 wrote them. */
const MESSAGES = [
  'limiting requests, excess: 0.963 by zone "r"',
  'limiting requests, dry run, excess: 0.963 by zone "r"',
  'delaying request, excess: 0.963, by zone "r"',
  'limiting connections by zone "c"',
  'limiting connections, dry run, by zone "c"',
  'auth request unexpected status: 502 while sending to client',
  'auth request unexpected status: 504 while sending to client',
  'auth request unexpected status: 500 while sending to client',
  'auth request unexpected status: 404 while sending to client',
];

it('tells what nginx has answered itself from what it let pass, and from an answer of the authentication service', () => {
  const counts = new LogCounts(new Interner(10));
  const text = MESSAGES.map(
    (message) =>
      `2026/11/22 01:39:17 [error] 7#7: *3 ${message}, client: 10.0.0.9, server: , request: "GET / HTTP/1.1"\n`,
  ).join('');
  const buffer = Buffer.from(text);
  new ErrorLogReader().read(buffer, 0, buffer.length, true, counts);
  const found: unknown[] = [];
  counts.drain(
    (symptom, _, count, { failure, answered }) => void found.push([SYMPTOMS[symptom], count, failure, answered]),
  );
  assert.deepEqual(found, [
    ['upstream_5xx', 1, true, false],
    ['rate_limited', 2, false, false],
    ['rate_limited', 1, false, true],
    ['connection_limited', 1, false, false],
    ['connection_limited', 1, false, true],
    ['subrequest_failed', 1, false, false],
    ['subrequest_failed', 2, false, true],
  ]);
  counts.drain(() => assert.fail('it is empty now'));
});
