import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFields } from '../../src/parse/nginx-fields.ts';

function read(text: string) {
  const { client, server, host, method, isSubrequest, isSession } = readFields(Buffer.from(text), 0);
  return [client, server, host, method, isSubrequest, isSession];
}

const CASES: readonly [name: string, text: string, fields: ReturnType<typeof read>][] = [
  [
    'HTTP',
    ', client: 1.1.1.1, server: a, request: "GET / HTTP/1.1", upstream: "http://b:80/", host: "h"',
    ['1.1.1.1', 'a', 'h', 'GET', false, false],
  ],
  [
    'subrequest',
    ', client: 1.1.1.1, server: , request: "GET / HTTP/1.1", subrequest: "/x", upstream: "http://b:80/", host: "h"',
    ['1.1.1.1', '', 'h', 'GET', true, false],
  ],
  [
    'before the request is read',
    ', client: unix:, server: 0.0.0.0:443',
    ['unix:', '0.0.0.0:443', null, null, false, false],
  ],
  [
    'stream',
    ', client: 1.1.1.1, server: 0.0.0.0:1, upstream: "b:80", bytes from/to client:0/0',
    ['1.1.1.1', '0.0.0.0:1', null, null, false, true],
  ],
  [
    'stream over UDP',
    ', udp client: fd00::1, server: 0.0.0.0:1, upstream: "b:80", bytes from/to client:0/0',
    ['fd00::1', '0.0.0.0:1', null, null, false, true],
  ],
  [
    'a TLS hello as a request',
    ', client: 1.1.1.1, server: a, request: "\u0016\u0003\u0001"',
    ['1.1.1.1', 'a', null, null, false, false],
  ],
  [
    'a Host in the Referer',
    ', client: 1.1.1.1, server: a, request: "GET / HTTP/1.0", referrer: "x", host: "h"',
    ['1.1.1.1', 'a', null, 'GET', false, false],
  ],
  ['nothing', '', [null, null, null, null, false, false]],
];
for (const [name, text, fields] of CASES) test(name, () => assert.deepEqual(read(text), fields));
