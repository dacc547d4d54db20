import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'next_upstream_non_idempotent';
const says = (text: string) => ruleSays(NAME, text);
const http = (line: string, location = '') =>
  `http {\n${line}\nserver { location / { ${location} proxy_pass http://10.0.0.1; } } }`;

test('a POST may be sent twice', () => {
  assert.deepEqual(says(http('proxy_next_upstream error timeout non_idempotent;')), [
    'warning /nginx.conf:2: proxy_next_upstream has non_idempotent: at 1 place a POST, LOCK or PATCH that was sent 1 time may be done 2 times',
  ]);
  assert.match(ruleFixes(NAME, http('proxy_next_upstream error non_idempotent;')).join(), /without non_idempotent/);
});

test('silent without it, and where a location says otherwise', () => {
  assert.deepEqual(says(http('proxy_next_upstream error timeout http_502;')), []);
  assert.deepEqual(says(http('proxy_next_upstream error non_idempotent;', 'proxy_next_upstream off;')), []);
});

test('gRPC has its own', () => {
  const grpc = 'http { grpc_next_upstream error non_idempotent; server { location / { grpc_pass 10.0.0.1:1; } } }';
  assert.match(says(grpc).join(), /grpc_next_upstream has non_idempotent/);
});
