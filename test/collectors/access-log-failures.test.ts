import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AccessFailure, AccessFailures } from '../../src/collectors/access-log-failures.ts';
import { Interner } from '../../src/parse/interner.ts';
import { eachLine } from '../support/access-lines.ts';

const FORMAT = '[$time_local] $status $request_time "$upstream_addr" "$upstream_status" "$upstream_header_time"';

function failuresIn(source: string, ...texts: string[]): AccessFailure[] {
  const failures = new AccessFailures(new Interner(2));
  eachLine(source, texts, (line, buffer) => failures.look(line, buffer));
  const found: AccessFailure[] = [];
  failures.drain((one) => void found.push(one));
  failures.drain(() => assert.fail('it is empty now'));
  return found;
}

it('each failed attempt of a request, also of one that was answered at last; answers of others are none', () => {
  const found = failuresIn(
    FORMAT,
    '[21/Nov/2026:10:00:00 +0000] 200 0.100 "10.0.0.1:80, 10.0.0.2:80, 10.0.0.1:80" "502, 500, 200" "-, 0.010, 0.020"',
    '[21/Nov/2026:10:00:00 +0000] 404 0.100 "10.0.0.1:80" "404" "0.010"',
    '[21/Nov/2026:10:00:00 +0000] 200 0.100 "10.0.0.1:80 : 10.0.0.2:80" "502 : 200" "- : 0.010"',
  );
  assert.deepEqual(
    found.map(({ symptom, peer, count }) => [symptom, peer?.address, count]),
    [
      ['other', '10.0.0.1', 2],
      ['upstream_5xx', '10.0.0.2', 1],
    ],
  );
});

it('an attempt with a body was answered, also 502 and 504; of several each has its own length', () => {
  const format = '$status $upstream_addr $upstream_response_length $upstream_response_time $upstream_status';
  const said = (text: string) =>
    failuresIn(format, text).map(({ symptom, isOnlyHere, peer }) => `${peer?.address} ${symptom} ${isOnlyHere}`);
  assert.deepEqual(said('502 10.0.0.1:80 5 0.001 502'), ['10.0.0.1 upstream_5xx true']);
  assert.deepEqual(said('502 10.0.0.1:80 0 0.001 502'), ['10.0.0.1 other false']);
  const both = ['10.0.0.1 other false', '10.0.0.2 upstream_5xx true'];
  assert.deepEqual(said('504 10.0.0.1:80, 10.0.0.2:80 0, 7 1.000, 0.001 504, 504'), both);
  assert.deepEqual(said('502 10.0.0.1:80 : 10.0.0.2:80 - : 9 - : 0.001 502 : 502'), both);
});

it('a time of whole seconds leaves the second open, and a request began before it ended', () => {
  const [{ sinceMs, atMs }] = failuresIn(FORMAT, '[21/Nov/2026:10:00:05 +0000] 502 2.000 "10.0.0.1:80" "502" "-"');
  const second = Date.UTC(2026, 10, 21, 10, 0, 5);
  assert.deepEqual([sinceMs, atMs], [second - 2001, second + 999]);
});

it('a 5xx or 429 without an attempt is one of nginx itself, as its limits may answer; one after an attempt is not', () => {
  const found = failuresIn(
    '$status "$upstream_addr" "$upstream_status"',
    ...['503 "-" "-"', '500 "-" "-"', '503 "10.0.0.1:80" "200"', '503 "10.0.0.1:80" "503"', '429 "-" "-"'],
  );
  assert.deepEqual(
    found.map(({ symptom, ownStatus, peer, count }) => [symptom, ownStatus, peer?.address ?? null, count]),
    [
      ['rate_limited', 429, null, 1],
      ['other', 503, null, 1],
      ['other', 500, null, 1],
      ['other', null, null, 1],
      ['upstream_5xx', null, '10.0.0.1', 1],
    ],
  );
});

it('without a time nothing is said of it', () => {
  const [{ sinceMs, atMs }] = failuresIn('$status "$upstream_addr" "$upstream_status"', '502 "10.0.0.1:80" "502"');
  assert.deepEqual([sinceMs, atMs], [null, null]);
});

it('without the addresses, or the statuses, of attempts nobody is blamed', () => {
  assert.deepEqual(failuresIn('$status "$upstream_status"', '502 "502"'), []);
  assert.deepEqual(failuresIn('$status "$upstream_addr"', '502 "10.0.0.1:80"'), []);
});

it('addresses beyond the limit fail without one', () => {
  const texts = ['1', '2', '3', '4'].map((n) => `502 "10.0.0.${n}:80" "502"`);
  const found = failuresIn('$status "$upstream_addr" "$upstream_status"', ...texts);
  assert.deepEqual(
    found.map(({ peer, count }) => [peer?.address ?? null, count]),
    [
      ['10.0.0.1', 1],
      ['10.0.0.2', 1],
      [null, 2],
    ],
  );
});
