import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../../../src/audit/fact.ts';
import type { AuditFacts } from '../../../src/audit/input.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const says = (text: string, facts: Partial<AuditFacts> = {}) => ruleSays('long_timeouts', text, facts);
const http = (...lines: string[]) => `http {\n${lines.join('\n')}\n}`;
const LOCATION = 'server { location / { proxy_pass http://10.0.0.1:80; } }';
const WEBSOCKET = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

test('fires on 3600 s and is silent on 60 s', () => {
  assert.deepEqual(says(http('proxy_read_timeout 3600s;', LOCATION)), [
    "warning /nginx.conf:2: proxy_read_timeout is 3600 s and nginx's default 60: 1 place that is not for WebSockets alone may keep a request that long before it fails",
  ]);
  assert.equal(says(http('proxy_send_timeout 1h;', LOCATION)).length, 1);
  assert.deepEqual(says(http('proxy_read_timeout 60s; proxy_send_timeout 60;', LOCATION)), []);
  assert.deepEqual(says(http('proxy_read_timeout 600s;', LOCATION)), []);
  assert.match(ruleFixes('long_timeouts', http('proxy_read_timeout 2d;', LOCATION)).join(), /^proxy_read_timeout 60s;/);
});

test('what an inner block sets counts there, and only where something is passed on', () => {
  const inner = 'server { location / { proxy_read_timeout 30s; proxy_pass http://10.0.0.1; } }';
  assert.deepEqual(says(http('proxy_read_timeout 3600s;', inner)), []);
  assert.deepEqual(says(http('proxy_read_timeout 3600s;', 'server { location / { return 204; } }')), []);
  const nested = 'server { location /a { location /a/b { proxy_pass http://10.0.0.1; } proxy_read_timeout 3600s; } }';
  assert.equal(says(http(nested)).length, 1);
});

test('a location of WebSockets needs it; one that inherits their headers is none', () => {
  const location = `location /ws { ${WEBSOCKET} proxy_read_timeout 3600s; proxy_pass http://10.0.0.1; }`;
  assert.deepEqual(says(http(`server { ${location} }`)), []);
  assert.equal(says(http(WEBSOCKET, 'proxy_read_timeout 3600s;', LOCATION)).length, 1);
});

test('where a variable decides whether it is a WebSocket, a choice of the location is a hint, one for all a warning', () => {
  const both = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;';
  const own = `server { location / { ${both} proxy_read_timeout 3600s; proxy_pass http://10.0.0.1; } }`;
  assert.match(says(http(own)).join(), /^info /);
  const all = `server { location / { ${both} proxy_pass http://10.0.0.1; } }`;
  assert.match(says(http('proxy_read_timeout 3600s;', all)).join(), /^warning /);
});

test('what a location of gRPC or one that streams sets itself is a choice', () => {
  const grpc = 'location /chat { grpc_pass grpc://10.0.0.1:50051; grpc_read_timeout 1h; }';
  const stream = 'location /sse { proxy_pass http://10.0.0.1; proxy_buffering off; proxy_read_timeout 1h; }';
  for (const location of [grpc, stream]) {
    assert.match(says(http(`server { ${location} }`)).join(), /^info /);
    const fix = ruleFixes('long_timeouts', http(`server { ${location} }`)).join();
    assert.match(fix, /read_timeout 60s; unless this location is for streams, long polls or WebSockets$/);
  }
  const inherited = 'location /sse { proxy_pass http://10.0.0.1; }';
  assert.match(
    says(http('proxy_buffering off; proxy_read_timeout 1h;', `server { ${inherited} }`)).join(),
    /^warning /,
  );
});

test('gRPC and FastCGI have timeouts of their own name', () => {
  const grpc = 'server { location / { grpc_pass grpc://10.0.0.1:50051; } }';
  assert.deepEqual(says(http('proxy_read_timeout 3600s;', grpc)), []);
  assert.equal(says(http('grpc_read_timeout 3600s;', grpc)).length, 1);
});

test('longer than the backend waits, when that is given', () => {
  const backend = (seconds: number) => ({ backendTimeoutSeconds: known(seconds) });
  assert.deepEqual(says(http('proxy_read_timeout 90s;', LOCATION), backend(60)), [
    'warning /nginx.conf:2: proxy_read_timeout is 90 s and the backend gives up after 60: it closes the connection first, which is a 502 instead of a 504',
  ]);
  assert.match(
    says(http(LOCATION), backend(30)).join(),
    /^warning \/nginx\.conf:2: proxy_read_timeout is 60 s \(the default\) and the backend gives up after 30/,
  );
  assert.deepEqual(says(http('proxy_read_timeout 60s;', LOCATION), backend(60)), []);
});
