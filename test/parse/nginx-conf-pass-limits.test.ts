import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPassLimits } from '../../src/parse/nginx-conf-pass-limits.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import type { ConfContext } from '../../src/parse/nginx-conf-tree.ts';

function limits(text: string, context: ConfContext = 'main') {
  const conf = readNginxConf({ path: '/n.conf', text }, context === 'main' ? {} : { block: context });
  return readPassLimits(conf, context).map(({ line, connectMs, answerMs, header }) => {
    const buffer = header === null ? '?' : `${header.directive} ${header.bytes} ${header.place}`;
    return `${line} ${connectMs} ${answerMs} ${buffer}`;
  });
}

test('what is not set is nginx’s default', () => {
  const text = 'http { server { location / { proxy_pass http://a; } location /g { grpc_pass a; } } }';
  assert.deepEqual(limits(text), ['1 60000 60000 proxy_buffer_size null ', '1 60000 60000 grpc_buffer_size null ']);
});

test('a location overrides its server, and that http; the last line of a block comes too late for none', () => {
  const text = `http { proxy_connect_timeout 5s; proxy_buffer_size 16k;
    server { proxy_connect_timeout 2500ms;
      location /a { proxy_pass http://a; }
      location /a { proxy_pass http://a; proxy_connect_timeout "1s 500ms"; proxy_buffer_size 1k; }
      location /b { proxy_read_timeout 1m; proxy_send_timeout 1h; if ($x) { proxy_pass http://b; } }
    }
    server { location /c { fastcgi_pass c; } location /d { proxy_pass http://d; } } }`;
  assert.deepEqual(limits(text), [
    '3 2500 60000 proxy_buffer_size 16384 /n.conf:1',
    '4 1500 60000 proxy_buffer_size 1024 /n.conf:4',
    '5 2500 3600000 proxy_buffer_size 16384 /n.conf:1',
    '7 60000 60000 fastcgi_buffer_size null ',
    '7 5000 60000 proxy_buffer_size 16384 /n.conf:1',
  ]);
});

test('stream waits for ten minutes between two parts', () => {
  assert.deepEqual(
    limits('stream { server { listen 1; proxy_pass a:1; } server { proxy_timeout 3s; proxy_pass b:1; } }'),
    ['1 60000 600000 ?', '1 60000 3000 ?'],
  );
});

test('of a part of a configuration only what is set there is known', () => {
  const text = 'server { location / { proxy_connect_timeout 3s; proxy_pass http://a; } }';
  assert.deepEqual(limits(text, 'http'), ['1 3000 null ?']);
});

test('what cannot be read is not known', () => {
  assert.deepEqual(limits('http { server { location / { proxy_connect_timeout $x; proxy_pass http://a; } } }'), [
    '1 null 60000 proxy_buffer_size null ',
  ]);
});
