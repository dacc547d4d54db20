import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'retry_unbounded';
const says = (text: string) => ruleSays(NAME, text);
const servers = (count: number) => Array.from({ length: count }, (_, n) => `server 10.0.0.${n + 1};`).join(' ');
const http = (count: number, location = '') =>
  `http { upstream shop { ${servers(count)} }\nserver { location / { ${location} proxy_pass http://shop; } } }`;

test('a request may be tried on every server', () => {
  assert.deepEqual(says(http(5, 'proxy_next_upstream error timeout http_502; proxy_read_timeout 30s;')), [
    'warning /nginx.conf:2: upstream "shop" has 5 servers and proxy_next_upstream_tries is 0, which is no limit: one request may be tried 5 times, each for proxy_read_timeout 30 s, also after an answer with an error',
  ]);
  assert.deepEqual(ruleFixes(NAME, http(5)), ['proxy_next_upstream_tries 2; proxy_next_upstream_timeout 10s;']);
});

test("with nginx's own conditions it is a hint", () => {
  assert.match(says(http(3)).join(), /^info .* has 3 servers .* tried 3 times, each for proxy_read_timeout 60 s$/);
});

test('in a part that http includes, there may be a limit for all', () => {
  const part = `upstream shop { ${servers(3)} } server { location / { proxy_pass http://shop; } }`;
  assert.match(says(part).join(), /^unchecked: the file that includes this one is not there/);
});

test('silent with a limit of tries or of time, off, and with two servers', () => {
  assert.deepEqual(says(http(5, 'proxy_next_upstream_tries 2;')), []);
  assert.deepEqual(says(http(5, 'proxy_next_upstream_timeout 10s;')), []);
  assert.deepEqual(says(http(5, 'proxy_next_upstream off;')), []);
  assert.deepEqual(says(http(2)), []);
  assert.equal(says(http(5, 'proxy_next_upstream_tries 0; proxy_next_upstream_timeout 0s;')).length, 1);
});
