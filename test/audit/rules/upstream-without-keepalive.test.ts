import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const unknown = notKnown('no program');
const says = (text: string, version: string | null = '1.28.0') =>
  ruleSays('upstream_without_keepalive', text, { nginxVersion: version === null ? unknown : known(version) });

const NAME = 'upstream_without_keepalive';
const SERVERS = 'server 10.0.0.1:80; server 10.0.0.2:80;';
const KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";';
const http = (upstream: string, location: string, above = '') =>
  `http { ${above}\nupstream shop { ${SERVERS} ${upstream} }\nserver { location / { ${location} proxy_pass http://shop; } } }`;

describe(NAME, () => {
  test('no keepalive: nothing is kept', () => {
    assert.deepEqual(says(http('', KEPT)), [
      'warning /nginx.conf:2: upstream "shop" keeps 0 idle connections for its 2 servers: every request opens one',
    ]);
    assert.equal(says(http('keepalive 0;', KEPT), '1.30.0').length, 1);
    assert.deepEqual(says(http('keepalive 32;', KEPT)), []);
  });

  test('keepalive and HTTP/1.0, or Connection: close, which was the default', () => {
    const words =
      'warning /nginx.conf:3: upstream "shop" may keep 32 idle connections, but at 1 of 1 place that use it each is closed after its response:';
    const old = says(http('keepalive 32;', 'proxy_set_header Connection "";'));
    assert.deepEqual(old, [`${words} proxy_http_version is 1.0 (the default), not 1.1`]);
    const header = says(http('keepalive 32;', 'proxy_http_version 1.1;'));
    assert.deepEqual(header, [`${words} the header Connection says close, not "" (the default)`]);
    assert.deepEqual(says(http('keepalive 32;', 'proxy_http_version 1.1; proxy_set_header Connection close;')), [
      `${words} the header Connection says close, not ""`,
    ]);
  });

  test('headers are inherited only where there are none', () => {
    assert.deepEqual(says(http('keepalive 32;', '', KEPT)), []);
    assert.equal(says(http('keepalive 32;', 'proxy_set_header Host $host;', KEPT)).length, 1);
  });

  test('a variable counts by what its map gives for a request that is no WebSocket', () => {
    const location = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $c;';
    const map = (empty: string) => `map $http_upgrade $c { default upgrade; '' ${empty}; }`;
    assert.deepEqual(says(http('keepalive 32;', location, map("''"))), []);
    assert.match(says(http('keepalive 32;', location, map('close'))).join(), /a map gives it for an empty Upgrade/);
    assert.deepEqual(says(http('keepalive 32;', location, map('$other'))), []);
    assert.deepEqual(says(http('keepalive 32;', location)), []);
  });

  test('since 1.29.7 nginx keeps connections of itself', () => {
    assert.deepEqual(says(http('', ''), '1.29.7'), []);
    assert.deepEqual(says(http('', ''), '1.30.0'), []);
    assert.equal(says(http('', ''), '1.29.6').length, 1);
    assert.equal(says(http('', 'proxy_http_version 1.0;'), '1.30.0').length, 1);
  });

  test('while the version is unknown, what rests on its default is a hint that says so', () => {
    assert.match(
      says(http('', ''), null).join(),
      /^info .* \(if nginx is older than 1\.29\.7; its version is not known\)$/,
    );
    assert.match(says(http('keepalive 9;', ''), null).join(), /^info .*older than 1\.29\.7/);
    assert.match(says(http('keepalive 0;', ''), null).join(), /^warning /);
    assert.match(says(http('keepalive 9;', 'proxy_http_version 1.0;'), null).join(), /^warning /);
    assert.deepEqual(says(http('keepalive 9;', KEPT), null), []);
  });

  test('an address without an upstream block cannot keep any', () => {
    const direct = 'http { server { location / { proxy_pass http://10.0.0.1:8080; } } }';
    assert.match(says(direct).join(), /^info \/nginx\.conf:1: proxy_pass names the address itself: .* 0 connections/);
    assert.deepEqual(says(direct, '1.29.7'), []);
  });

  test('gRPC needs the directive and nothing else', () => {
    const grpc = (upstream: string) =>
      `http { upstream g { ${SERVERS} ${upstream} } server { location / { grpc_pass grpc://g; } } }`;
    assert.deepEqual(says(grpc('keepalive 8;')), []);
    assert.equal(says(grpc('')).length, 1);
    // So is proxy_pass since 1.29.4.
    assert.deepEqual(says(http('keepalive 8;', 'proxy_http_version 2;'), '1.29.5'), []);
    // It is HTTP/2 with no header Connection.
    const direct = 'http { server { location / { grpc_pass grpc://10.0.0.1:80; } } }';
    for (const text of [grpc(''), direct])
      assert.doesNotMatch(ruleFixes(NAME, text, { nginxVersion: known('1.28.0') }).join(), /proxy_|Connection/);
  });

  test('upstreams that nobody uses, that only answer with a code, on unix sockets, of FastCGI and of stream are left alone', () => {
    assert.deepEqual(says(`http { upstream idle { ${SERVERS} } }`), []);
    const code =
      'http { upstream e { server unix:/run/nginx-502-server.sock; } server { location / { proxy_pass http://e; } } }';
    assert.deepEqual(says(code), []);
    assert.deepEqual(says(code.replace('nginx-502-server', 'app')), []);
    assert.deepEqual(says('http { server { location / { proxy_pass http://unix:/run/app.sock:/; } } }'), []);
    assert.deepEqual(says(`http { upstream f { ${SERVERS} } server { location / { fastcgi_pass f; } } }`), []);
    assert.deepEqual(says(`stream { upstream s { ${SERVERS} } server { listen 1; proxy_pass s; } }`), []);
  });

  test('a map that says close is found by either way to write its variable', () => {
    const map = "map $http_upgrade $cu { default upgrade; '' close; }";
    for (const variable of ['$cu', '"$cu"', `"\${cu}"`]) {
      const location = `proxy_http_version 1.1; proxy_set_header Connection ${variable};`;
      assert.match(says(http('keepalive 8;', location, map)).join(), /a map gives it for an empty Upgrade/, variable);
    }
  });

  test('in a part that http includes, the default is not known to hold', () => {
    const part = (location: string) =>
      `upstream shop { ${SERVERS} keepalive 8; } server { location / { ${location} proxy_pass http://shop; } }`;
    assert.match(says(part('')).join(), /^unchecked: the file that includes this one is not there/);
    assert.match(says(part('proxy_http_version 1.0;')).join(), /^warning /);
    assert.deepEqual(says(part(KEPT)), []);
  });

  test('an upstream that only a variable may name counts', () => {
    const text = `http { upstream v { ${SERVERS} } server { location / { proxy_pass http://$group$request_uri; } } }`;
    assert.match(says(text).join(), /upstream "v" keeps 0/);
  });
});
