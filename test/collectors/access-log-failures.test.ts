import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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

describe('a format that says what the limits did', () => {
  const both = '$status "$upstream_addr" "$upstream_status" $limit_req_status $limit_conn_status';
  const told = (format: string, ...texts: string[]) =>
    failuresIn(format, ...texts).map(({ symptom, failure, isRefused, ownStatus, peer, count }) =>
      [count, symptom, failure ? 'failure' : 'symptom', isRefused && 'refused', ownStatus, peer?.address]
        .filter((part) => part !== false && part !== null && part !== undefined)
        .join(' '),
    );

  it('proves refused requests; what is delayed, passed or a dry run is none', () => {
    const refused = ['503 "-" "-" REJECTED -', '500 "-" "-" REJECTED PASSED', '503 "-" "-" PASSED REJECTED'];
    const others = ['DELAYED PASSED', 'REJECTED_DRY_RUN REJECTED_DRY_RUN', '- -', 'DELAYED_DRY_RUN -'];
    assert.deepEqual(told(both, ...refused, ...others.map((words) => `503 "-" "-" ${words}`)), [
      '2 rate_limited failure refused',
      '1 connection_limited failure refused',
      '4 other failure',
    ]);
  });

  it('a refusal with a 4xx is a symptom, and a 429 of another reason is nothing', () => {
    const texts = [
      '429 "-" "-" REJECTED -',
      '403 "-" "-" - REJECTED',
      '444 "-" "-" REJECTED -',
      '429 "-" "-" PASSED -',
    ];
    assert.deepEqual(told(both, ...texts), ['2 rate_limited symptom refused', '1 connection_limited symptom refused']);
  });

  it('a page of an upstream for refused requests: the refusal is a symptom, the answer is the upstream’s', () => {
    assert.deepEqual(told(both, '503 "10.0.0.1:80" "503" REJECTED -', '404 "10.0.0.1:80" "404" REJECTED -'), [
      '2 rate_limited symptom refused',
      '1 upstream_5xx failure 10.0.0.1',
    ]);
  });

  it('an upstream’s page with the status of the refusal is still the refusal; a client that did not wait for it has left', () => {
    assert.deepEqual(told(both, '503 "10.0.0.1:80" "200" REJECTED -', '499 "10.0.0.1:80" "-" - REJECTED'), [
      '1 connection_limited symptom refused',
      '1 client_abort symptom',
      '1 rate_limited failure refused',
    ]);
  });

  it('needs nothing of upstreams, and one of two limits proves nothing of the other', () => {
    assert.deepEqual(told('$status $limit_req_status', '503 REJECTED', '503 PASSED'), [
      '1 rate_limited failure refused',
    ]);
    const one = '$status "$upstream_addr" "$upstream_status" $limit_req_status';
    assert.deepEqual(told(one, '503 "-" "-" PASSED', '429 "-" "-" -'), [
      '1 rate_limited symptom 429',
      '1 other failure 503',
    ]);
  });

  it('of two threads is added up, failures and symptoms apart', () => {
    const all = new AccessFailures(new Interner(2));
    for (let thread = 0; thread < 2; thread++)
      for (const one of failuresIn(both, '503 "-" "-" REJECTED -', '429 "-" "-" REJECTED -')) all.add(one);
    const found: AccessFailure[] = [];
    all.drain((one) => void found.push(one));
    assert.deepEqual(
      found.map(({ symptom, failure, isRefused, count }) => [symptom, failure, isRefused, count]),
      [
        ['rate_limited', false, true, 2],
        ['rate_limited', true, true, 2],
      ],
    );
  });

  it('JSON, where a limit that was not asked is empty', () => {
    const json =
      'escape=json {"status":$status,"a":"$upstream_addr","s":"$upstream_status","r":"$limit_req_status","c":"$limit_conn_status"}';
    const line = (status: number, limit: string) => `{"status":${status},"a":"","s":"","r":"${limit}","c":""}`;
    assert.deepEqual(told(json.replace(/ (.*)/, " '$1'"), line(503, 'REJECTED'), line(503, '')), [
      '1 rate_limited failure refused',
      '1 other failure',
    ]);
  });
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
