import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'header_buffers_small';
const says = (text: string) => ruleSays(NAME, text);
const http = (line: string) => `http {\n${line}\nserver { location / { proxy_pass http://10.0.0.1; } } }`;

test('smaller than by default', () => {
  assert.deepEqual(says(http('proxy_buffer_size 2k;')), [
    "warning /nginx.conf:2: proxy_buffer_size is 2048 bytes and nginx's default 4096: at 1 place a response whose header does not fit is a 502 (upstream sent too big header)",
  ]);
  assert.deepEqual(ruleFixes(NAME, http('proxy_buffer_size 1k;')), ['proxy_buffer_size 8k;']);
});

test('silent at 4k, the default and more', () => {
  assert.deepEqual(says(http('proxy_buffer_size 4k; proxy_buffers 8 4k; proxy_busy_buffers_size 8k;')), []);
  assert.deepEqual(says(http('')), []);
  assert.deepEqual(says(http('proxy_buffer_size 128k;')), []);
});
