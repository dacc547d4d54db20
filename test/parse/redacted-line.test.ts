import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { redactedLine } from '../../src/parse/redacted-line.ts';
import { CONNECT_ROWS } from './nginx-connect-rows.ts';
import { FAILURE_ROWS } from './nginx-failure-rows.ts';
import { lineOf } from './nginx-lines.ts';
import { TRAP_ROWS } from './nginx-trap-rows.ts';

const HEAD = '2026/11/21 03:00:01 [error] 7#7: *1 ';
const TAIL =
  ', client: 192.168.1.7, server: shop.example.com, request: "GET /api?q=1 HTTP/1.1", upstream: "http://10.2.71.14:8080/api?q=1", host: "shop.example.com", referrer: "https://a.example/"';
const textOf = (line: string) => redactedLine(Buffer.from(line))?.text;

describe('redactedLine', () => {
  for (const [message, text] of [
    [
      'connect() failed (111: Connection refused) while connecting to upstream',
      'connect() failed (111: Connection refused) while connecting to upstream',
    ],
    [
      'connect() failed (113: Host is unreachable) while connecting to upstream',
      'connect() failed (113: No route to host) while connecting to upstream',
    ],
    [
      'connect() to unix:/run/secret.sock failed (2: No such file or directory) while connecting to upstream',
      'connect() to … failed (2: No such file or directory) while connecting to upstream',
    ],
    [
      'upstream timed out (110: Operation timed out) while reading response header from upstream',
      'upstream timed out (110: Connection timed out) while reading response header from upstream',
    ],
    [
      'upstream sent invalid header: "X-User: ann"" while reading response header from upstream',
      'upstream sent invalid header: … while reading response header from upstream',
    ],
    [
      'upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream',
      'upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream',
    ],
    [
      'upstream SSL certificate does not match "shop.example.com" while SSL handshaking to upstream',
      'upstream SSL certificate does not match … while SSL handshaking to upstream',
    ],
    [
      'frobbed ann@example.com token=s3cret failed (71: Protocol error) while connecting to upstream',
      '… failed (71) while connecting to upstream',
    ],
  ] as const)
    it(message, () =>
      assert.equal(
        textOf(HEAD + message + TAIL),
        `2026/11/21 03:00:01 [error] ${text}, upstream: http://10.2.71.14:8080`,
      ),
    );

  it('names from a request are not there', () => {
    const tail = ', client: 1.2.3.4, server: a, request: "GET / HTTP/1.1", host: "secret.example"';
    assert.equal(
      textOf(`${HEAD}no resolver defined to resolve secret.example${tail}`),
      '2026/11/21 03:00:01 [error] no resolver defined to resolve … while resolving',
    );
    assert.equal(
      textOf(`${HEAD}secret.example could not be resolved (3: Host not found)${tail}`),
      '2026/11/21 03:00:01 [error] … could not be resolved while resolving',
    );
  });

  it('blocks and sockets are named, as long as the line cannot be forged', () => {
    const line = (upstream: string, request = 'GET / HTTP/1.1') =>
      `${HEAD}no live upstreams while connecting to upstream, client: 1.2.3.4, server: a, request: "${request}", upstream: "${upstream}", host: "a"`;
    assert.match(textOf(line('http://backend/x')) ?? '', /, upstream: http:\/\/backend$/);
    assert.match(textOf(line('fastcgi://unix:/run/php.sock:')) ?? '', /, upstream: fastcgi:\/\/unix:\/run\/php\.sock$/);
    assert.match(textOf(line('http://backend/x', 'GET /')) ?? '', /, upstream: http:\/\/…$/);
    assert.match(textOf(line('http://back\u202eend/x')) ?? '', /, upstream: http:\/\/…$/);
    assert.match(textOf(line('http://[fd00::1]:81/x')) ?? '', /, upstream: http:\/\/\[fd00::1\]:81$/);
  });

  it('is there for every failed attempt and for nothing else', () => {
    for (const row of [...CONNECT_ROWS, ...FAILURE_ROWS, ...TRAP_ROWS]) {
      const text = textOf(lineOf(row));
      assert.equal(text !== undefined, row.status !== undefined, row.text);
      if (text === undefined) continue;
      assert.match(text, /^2026\/11\/21 03:03:03 \[\w+\] [\x20-\x7e…]{1,280}$/);
      assert.doesNotMatch(text, /192\.168|example|\/api|referrer|request:|"/);
    }
    assert.equal(redactedLine(Buffer.from('an access log line')), null);
  });

  it('no secret of a request ever appears, wherever it stands and whatever surrounds it', () => {
    const failing = [...CONNECT_ROWS, ...FAILURE_ROWS]
      .filter(({ status }) => status !== undefined)
      .map(({ text }) => text);
    const secret = fc.stringMatching(/^Zq[A-Za-z0-9]{6,20}$/);
    const noise = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        '", upstream: "http://',
        ' HTTP/1.1", upstream: "http://',
        ', client: ',
        '", host: "',
        ' while connecting to upstream, ',
        ' failed (111: ',
        '\u202e',
        '\u001b[31m',
        '2026/11/21 03:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream',
      ),
      fc.integer({ min: 0, max: 2200 }).map((length) => 'x'.repeat(length)),
    );
    const around = fc.tuple(secret, noise, noise);
    const place = fc.constantFrom('uri', 'query', 'host', 'referrer', 'user', 'client', 'server', 'method');
    let seen = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...failing),
        around,
        place,
        fc.boolean(),
        fc.boolean(),
        (message, parts, where, isCut, isOld) => {
          const [hidden, before, after] = parts;
          const at = (name: string, usual: string) => (where === name ? `${before}${hidden}${after}` : usual);
          const uri = `${at('uri', '/a')}?q=${at('query', 'b')}`;
          const line = `${HEAD}${message}, client: ${at('client', '1.2.3.4')}, server: ${at('server', 'a')}, request: "${at('method', 'GET')} ${uri}${isOld ? '' : ' HTTP/1.1'}", upstream: "http://10.2.71.14:8080${uri}", host: "${at('host', 'a')}", login: "${at('user', 'u')}", referrer: "${at('referrer', '')}"`;
          const found = redactedLine(Buffer.from(line.replaceAll('\n', ' ')).subarray(0, isCut ? 2047 : undefined));
          if (found === null) return;
          seen++;
          assert.ok(!found.text.includes(hidden), found.text);
          assert.ok(!found.text.includes(hidden.slice(0, 6)), found.text);
          assert.match(found.text, /^[\x20-\x7e…]{1,300}$/);
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(seen > 1000, `${seen} lines were failures`);
  });
});
