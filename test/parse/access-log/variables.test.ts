import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isCounted, variableOf } from '../../../src/parse/access-log/variables.ts';

const holds = (name: string, text: string, words?: ReadonlySet<string>) => {
  const { bytes } = variableOf(name, words);
  return bytes !== null && [...Buffer.from(text)].every((byte) => bytes[byte] === 1);
};

it('knows what nginx writes itself', () => {
  assert.ok(holds('status', '404') && !holds('status', '-'));
  assert.ok(holds('request_time', '0.000'));
  assert.ok(holds('upstream_status', '502, 200 : -'));
  assert.ok(holds('upstream_addr', '[::1]:80, unix:/run/a_b.sock : shop%20'));
  assert.ok(holds('remote_addr', '2001:DB8::ffff:10.0.0.1') && holds('remote_addr', 'unix:'));
  assert.ok(holds('time_local', '21/Nov/2026:10:00:00 +0000') && !holds('time_local', '['));
  assert.ok(holds('server_name', '~^(?<a>[a-z]+)\\.x$') && !holds('server_name', ' '));
});

it('knows nothing of what a client sends', () => {
  for (const name of [
    'request',
    'request_uri',
    'uri',
    'args',
    'host',
    'http_user_agent',
    'remote_user',
    'cookie_a',
    'arg_b',
    'my_own',
  ])
    assert.equal(variableOf(name).bytes, null, name);
});

it('believes the operator', () => assert.ok(holds('my_own', 'shop-cart_80', new Set(['my_own']))));

it('knows which values may hold a newline', () => {
  const names = [
    'uri',
    'remote_user',
    'request_body',
    'sent_http_x',
    'my_own',
    'request',
    'http_x',
    'upstream_http_x',
    'status',
  ];
  assert.deepEqual(
    names.filter((name) => variableOf(name).mayHoldNewline),
    ['uri', 'remote_user', 'request_body', 'sent_http_x', 'my_own'],
  );
});

it('tells lists, and what is counted', () => {
  assert.deepEqual(
    ['upstream_addr', 'upstream_response_length', 'status'].map((name) => variableOf(name).isList),
    [true, true, false],
  );
  assert.deepEqual(['upstream_addr', 'status', 'host', 'msec'].map(isCounted), [true, true, false, false]);
});
