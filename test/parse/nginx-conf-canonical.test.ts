import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalConf, canonicalUpstreams, hash48 } from '../../src/parse/nginx-conf-canonical.ts';
import { readNginxConf } from '../../src/parse/nginx-conf-reader.ts';
import { readUpstreams } from '../../src/parse/nginx-conf-upstreams.ts';

const A = 'upstream a { zone a 64k; server 10.0.0.1:80; server 10.0.0.2:80 weight=2; }';
const B = 'upstream b { server [2001:db8::1]:80; }';
const SERVER = 'server { location /x { proxy_pass http://a; } location /y { proxy_pass http://b; } }';
const BASE = `http { ${A} ${B} ${SERVER} }`;

/** Hashes: of the set of upstreams, of their sequence, of the rest as a set and as a sequence. */
function hashes(text: string): number[] {
  const conf = readNginxConf({ path: '/a', text });
  const { upstreams } = readUpstreams(conf);
  return [
    ...[canonicalUpstreams(upstreams, 'set'), canonicalUpstreams(upstreams, 'sequence')].map(hash48),
    ...[canonicalConf(conf, 'set'), canonicalConf(conf, 'sequence')].map(hash48),
  ];
}

/** Which of the four hashes stay. */
const CASES: readonly [name: string, text: string, same: string][] = [
  ['spaces, quotes and comments', `# x\nhttp {${A}\n\n${B.replace('b {', '"b" { # y\n')} ${SERVER}}`, '1111'],
  [
    'spelling of an address, written-out defaults',
    BASE.replace('[2001:db8::1]:80', '[2001:DB8:0::1] weight=1 max_fails=1'),
    '1111',
  ],
  ['upstreams in another order', `http { ${B} ${A} ${SERVER} }`, '1010'],
  [
    'servers in another order',
    BASE.replace(
      'server 10.0.0.1:80; server 10.0.0.2:80 weight=2;',
      'server 10.0.0.2:80 weight=2; server 10.0.0.1:80;',
    ),
    '1011',
  ],
  ['server block before the upstreams', `http { ${SERVER} ${A} ${B} }`, '1110'],
  ['one address changed', BASE.replace('10.0.0.1', '10.0.0.3'), '0011'],
  ['one server less', BASE.replace('server 10.0.0.1:80;', ''), '0011'],
  ['one server twice', BASE.replace('server 10.0.0.1:80;', 'server 10.0.0.1:80; server 10.0.0.1:80;'), '0011'],
  ['a server down', BASE.replace('10.0.0.1:80', '10.0.0.1:80 down'), '0011'],
  ['a weight', BASE.replace('weight=2', 'weight=3'), '0011'],
  ['a method', BASE.replace('zone a 64k;', 'zone a 64k; least_conn;'), '0000'],
  ['a zone', BASE.replace('64k', '128k'), '1100'],
  [
    'locations in another order',
    `http { ${A} ${B} server { location /y { proxy_pass http://b; } location /x { proxy_pass http://a; } } }`,
    '1100',
  ],
  ['a location more', BASE.replace('location /y', 'location /z { return 1; } location /y'), '1100'],
];
const base = hashes(BASE);
for (const [name, text, same] of CASES)
  test(name, () =>
    assert.equal(
      hashes(text)
        .map((hash, index) => Number(hash === base[index]))
        .join(''),
      same,
    ),
  );

test('the same over other files', () => {
  const resolve = () => [{ path: '/u', text: `${A}\n${B}` }];
  const conf = readNginxConf({ path: '/a', text: `http { include u; ${SERVER} }` }, { resolve });
  assert.equal(hash48(canonicalConf(conf, 'sequence')), base[3]);
  assert.equal(hash48(canonicalUpstreams(readUpstreams(conf).upstreams, 'sequence')), base[1]);
});

test('one upstream’s words cannot be another’s', () => {
  const [one, two] = ['http { upstream "a b" { server x; } }', 'http { upstream a { hash b; server x; } }'].map(hashes);
  assert.notEqual(one[0], two[0]);
});

test('names of hosts are compared without case, paths of sockets with it', () => {
  const set = (server: string) => hashes(`http { upstream a { server ${server}; } }`)[0];
  assert.equal(set('App.shop.svc'), set('app.shop.svc'));
  assert.notEqual(set('unix:/App'), set('unix:/app'));
});

test('48 bits of SHA-256 that a number holds', () => {
  // printf '' | sha256sum: e3b0c44298fc…
  assert.equal(hash48(''), 0xe3b0c44298fc);
});
