import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELD_STATES, UpstreamField } from '../../src/parse/nginx-upstream.ts';

function read(text: string) {
  const line = Buffer.from(text);
  const field = new UpstreamField();
  const isFound = field.read(line, 0, line.length);
  return [FIELD_STATES[field.state], isFound ? line.toString('utf8', field.peerStart, field.peerEnd) : null];
}

const CASES: readonly [name: string, text: string, state: string, peer: string | null][] = [
  ['the usual line', ', request: "GET / HTTP/1.1", upstream: "http://a:80/", host: "h"', 'found', 'a:80'],
  [
    'with a subrequest',
    ', request: "GET / HTTP/1.1", subrequest: "/x", upstream: "http://a:80/", host: "h"',
    'found',
    'a:80',
  ],
  ['stream', ', server: 0.0.0.0:1, upstream: "a:80", bytes from/to client:0/0', 'found', 'a:80'],
  ['unix', ', request: "GET / HTTP/1.1", upstream: "http://unix:/a/b.sock:/x", host: "h"', 'found', 'unix:/a/b.sock'],
  [
    'unix without a colon',
    ', request: "GET /x HTTP/1.1", upstream: "http://unix:/a/b.sock/x", host: "h"',
    'absent',
    null,
  ],
  [
    'fastcgi over unix without a colon',
    ', request: "GET /x HTTP/1.1", upstream: "fastcgi://unix:/a/b.sock", host: "h"',
    'found',
    'unix:/a/b.sock',
  ],
  ['none', ', request: "GET / HTTP/1.1", host: "h"', 'absent', null],
  ['behind the host', ', request: "GET / HTTP/1.1", host: "h", upstream: "http://a:80/"', 'absent', null],
  ['behind the referrer', ', request: "GET / HTTP/1.1", referrer: "h", upstream: "http://a:80/"', 'absent', null],
  [
    'two of them',
    ', request: "GET / HTTP/1.1", upstream: "http://b:80/ HTTP/1.1", upstream: "http://a:80/", host: "h"',
    'ambiguous',
    null,
  ],
  [
    'one before the request too, which has no opener',
    ', upstream: "http://b:80/" request: "GET / HTTP/1.1", upstream: "http://a:80/", host: "h"',
    'ambiguous',
    null,
  ],
  ['cut in the scheme', ', request: "GET / HTTP/1.1", upstream: "http:/', 'absent', null],
  ['cut in the peer', ', request: "GET / HTTP/1.1", upstream: "http://a:8', 'absent', null],
  ['cut behind the peer', ', request: "GET / HTTP/1.1", upstream: "http://a:80/', 'found', 'a:80'],
  ['empty authority', ', request: "GET / HTTP/1.1", upstream: "http:///a", host: "h"', 'absent', null],
];
for (const [name, text, state, peer] of CASES) test(name, () => assert.deepEqual(read(text), [state, peer]));

test('an attempt is of a subrequest when that stands right behind the request', () => {
  const field = new UpstreamField();
  const isSubrequest = (text: string) => {
    const line = Buffer.from(text);
    field.read(line, 0, line.length);
    return field.isSubrequest;
  };
  const request = ', request: "GET / HTTP/1.1"';
  assert.ok(isSubrequest(`${request}, subrequest: "/auth", upstream: "http://a:80/", host: "h"`));
  assert.ok(isSubrequest(`${request}, subrequest: "/a", host: "h"`), 'without an upstream');
  for (const other of [
    `${request}, upstream: "http://a:80/", host: "h"`,
    ', request: "GET /, subrequest: HTTP/1.1", upstream: "http://a:80/"',
    `${request}, upstream: "http://a:80/, subrequest: "/x"`,
    `${request}, host: "h", referrer: ", subrequest: "/x"`,
    ', subrequest: "/x", upstream: "http://a:80/"',
  ])
    assert.ok(!isSubrequest(other), other);
});
