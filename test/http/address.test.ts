import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHostPort, isLoopback, isTrustedHost, parseListenAddress } from '../../src/http/address.ts';

describe('parseListenAddress', () => {
  for (const [text, host, port] of [
    [':9502', '', 9502],
    ['127.0.0.1:9503', '127.0.0.1', 9503],
    ['[::1]:9503', '::1', 9503],
    ['[::]:0', '::', 0],
    ['localhost:9503', 'localhost', 9503],
    ['gateway-1.example:80', 'gateway-1.example', 80],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parseListenAddress(text, '--x'), { host, port }));
  }

  for (const text of [
    '',
    '9502',
    '127.0.0.1',
    ':',
    ':65536',
    ':-1',
    '::1:9503',
    '[127.0.0.1]:1',
    '1.2.3:80',
    '1.2.3.4.5:80',
    'a b:1',
    'http://x:1',
    `${'a'.repeat(300)}:1`,
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))} and says how to write it`, () => {
      assert.throws(
        () => parseListenAddress(text, '--web.listen-address'),
        /^Error: --web\.listen-address: cannot listen on ".*write HOST:PORT/,
      );
    });
  }
});

describe('isLoopback', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]']) {
    it(`is true for ${host}`, () => assert.equal(isLoopback(host), true));
  }
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', '127.example.com', 'localhost.example.com']) {
    it(`is false for ${JSON.stringify(host)}`, () => assert.equal(isLoopback(host), false));
  }
});

describe('isTrustedHost', () => {
  for (const header of [
    'localhost',
    'localhost:9503',
    'LocalHost.:9503',
    '127.0.0.1:9503',
    '[::1]:9503',
    '10.1.2.3',
    'box:9503',
  ]) {
    it(`takes ${header}`, () => assert.equal(isTrustedHost(header, 'box'), true));
  }
  for (const header of [
    undefined,
    '',
    'evil.example',
    'evil.example:9503',
    '127.0.0.1.evil.example',
    'localhost.evil.example:9503',
    'localhost:9503:1',
    ' localhost',
    '[::1',
    'other',
  ]) {
    it(`refuses ${JSON.stringify(header)}`, () => assert.equal(isTrustedHost(header, 'box'), false));
  }
});

describe('formatHostPort', () => {
  it('brackets IPv6', () => assert.equal(formatHostPort('::1', 80), '[::1]:80'));
  it('leaves IPv4 and the empty host', () =>
    assert.deepEqual([formatHostPort('1.2.3.4', 1), formatHostPort('', 2)], ['1.2.3.4:1', ':2']));
});
