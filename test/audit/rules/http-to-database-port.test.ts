import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'http_to_database_port';
const says = (text: string) => ruleSays(NAME, text);
const http = (port: number) =>
  `http { upstream db { server 10.0.0.1:${port}; }\nserver { location / { proxy_pass http://db; } } }`;

test('PostgreSQL as HTTP', () => {
  assert.deepEqual(says(http(5432)), [
    'info /nginx.conf:1: upstream "db" sends HTTP to port 5432, which PostgreSQL uses: it would answer with no valid header, or not at all',
  ]);
  assert.match(ruleFixes(NAME, http(5432)).join(), /stream \{ server \{ listen 5432;/);
  const direct = 'http { server { location / { proxy_pass http://10.0.0.1:6379; } } }';
  assert.match(says(direct).join(), /proxy_pass sends HTTP to port 6379, which Redis uses/);
});

test('silent on ports of HTTP, in stream, and for FastCGI', () => {
  assert.deepEqual(says(http(8080)), []);
  assert.deepEqual(says('stream { upstream db { server 10.0.0.1:5432; } server { listen 1; proxy_pass db; } }'), []);
  assert.deepEqual(says('http { server { location / { fastcgi_pass 10.0.0.1:9042; } } }'), []);
});
