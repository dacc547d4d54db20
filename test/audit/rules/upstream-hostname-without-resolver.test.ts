import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const NAME = 'upstream_hostname_without_resolver';
const says = (text: string) => ruleSays(NAME, text);
const http = (upstream: string, above = '') =>
  `http { ${above}\nupstream shop { ${upstream} }\nserver { location / { proxy_pass http://shop; } } }`;

test('the name of a server is resolved once', () => {
  assert.deepEqual(says(http('server frontend:3000;')), [
    'warning /nginx.conf:2: server "frontend" of upstream "shop" is resolved 1 time, when the configuration is loaded, and 0 times when its address changes',
  ]);
  assert.match(ruleFixes(NAME, http('server frontend:3000;')).join(), /^server frontend:3000 resolve;/);
  assert.equal(says('stream { upstream s { server db:5432; } server { listen 1; proxy_pass s; } }').length, 1);
});

test('resolve needs a resolver, in the upstream or above', () => {
  assert.deepEqual(says(http('zone z 64k; server a.example:80 resolve;', 'resolver 10.0.0.53;')), []);
  assert.deepEqual(says(http('zone z 64k; resolver 10.0.0.53; server a.example:80 resolve;')), []);
  assert.match(says(http('zone z 64k; server a.example:80 resolve;')).join(), /has resolve and 0 resolvers/);
});

test('in a part that http includes, there may be a resolver for all', () => {
  const part = (server: string) => `upstream s { ${server} } server { location / { proxy_pass http://s; } }`;
  assert.match(says(part('zone z 64k; server a.example:80 resolve;')).join(), /^unchecked: the file that includes/);
  assert.match(says(part('server a.example:80;')).join(), /^warning /);
});

test('a name in proxy_pass itself', () => {
  const pass = (target: string, above = '') => `http { ${above} server { location / { proxy_pass ${target}; } } }`;
  assert.match(
    says(pass('http://public-api:8080')).join(),
    /^warning \/nginx\.conf:1: "public-api" is resolved 1 time/,
  );
  assert.match(ruleFixes(NAME, pass('http://public-api:8080')).join(), /set \$upstream "public-api:8080"/);
  assert.match(says(pass('http://public-api:8080$request_uri')).join(), /at every request and has 0 resolvers/);
  assert.deepEqual(says(pass('http://public-api:8080$request_uri', 'resolver 10.0.0.53;')), []);
});

test('the fix has the directive and the scheme of the place', () => {
  for (const [pass, fixed] of [
    ['proxy_pass https://api:8443;', 'proxy_pass https://$upstream;'],
    ['fastcgi_pass php:9000;', 'fastcgi_pass $upstream;'],
    ['grpc_pass grpcs://greeter:50051;', 'grpc_pass grpcs://$upstream;'],
    ['grpc_pass greeter:50051;', 'grpc_pass $upstream;'],
  ])
    assert.ok(ruleFixes(NAME, `http { server { location / { ${pass} } } }`).join().endsWith(fixed), pass);
  const stream = ruleFixes(NAME, 'stream { server { listen 1; proxy_pass db:5432; } }').join();
  assert.ok(stream.endsWith('set $upstream "db:5432"; proxy_pass $upstream;'), stream);
});

test('addresses, sockets, localhost and variables are no such names', () => {
  assert.deepEqual(says(http('server 10.0.0.1; server [::1]:80; server unix:/a.sock; server localhost:80;')), []);
  assert.deepEqual(says('http { server { location / { proxy_pass http://$backend; } } }'), []);
});

test('nothing of a name can end the line', () => {
  const [message] = says(http('server "a\\nb\\r.example";'));
  assert.doesNotMatch(message, /[\r\n]/);
});
