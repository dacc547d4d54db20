import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentOf } from '../../src/collectors/nginx-config-content.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';

const read = (text: string) => readNginxConf({ path: '/n.conf', text });
const ms = (leastMs: number, mostMs = leastMs) => ({ leastMs, mostMs });

test('timeouts and buffers by upstream, of all places that send to it', () => {
  const conf =
    read(`http { proxy_connect_timeout 5s; upstream cart { server 10.0.0.1:80; } upstream idle { server 10.0.0.2:80; }
    server { location /a { proxy_pass http://cart; } location /b { proxy_pass http://cart; proxy_connect_timeout 1s;
      proxy_buffer_size 1k; }
      location /c { proxy_pass http://10.0.0.3:81; }
      location /d { proxy_read_timeout 1h; proxy_pass http://$x; } } }`);
  const { limits } = contentOf(conf, 'main').settings;
  const usual = { directive: 'proxy_buffer_size', bytes: null, place: '' };
  const small = { directive: 'proxy_buffer_size', bytes: 1024, place: '/n.conf:3' };
  const unused = { connect: null, answer: null, header: null };
  assert.deepEqual(
    [...limits.byUpstream],
    [
      ['cart', { connect: ms(1_000, 5_000), answer: ms(60_000), header: small }],
      ['idle', unused],
      ['implicit:10.0.0.3:81', { connect: ms(5_000), answer: ms(60_000), header: usual }],
    ],
  );
  assert.deepEqual(limits.all, { connect: ms(1_000, 5_000), answer: ms(60_000, 3_600_000), header: small });
});

test('an upstream of http and one of stream with the same name, together and each', () => {
  const block = 'upstream a { server 10.0.0.1:80; }';
  const conf = read(`http { ${block} server { location / {
    proxy_pass http://a; } } }
    stream { ${block} server { listen 1; proxy_connect_timeout 2s;
    proxy_pass a; } }`);
  const { byUpstream } = contentOf(conf, 'main').settings.limits;
  assert.deepEqual(
    ['a', 'http:a', 'stream:a'].map((name) => byUpstream.get(name)?.connect),
    [ms(2_000, 60_000), ms(60_000), ms(2_000)],
  );
});
