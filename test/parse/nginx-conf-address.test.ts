import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConfAddress } from '../../src/parse/nginx-conf-address.ts';

const SERVER = { defaultPort: 80, hasUri: false };
const PROXY = { defaultPort: 443, hasUri: true };
const STREAM = { defaultPort: null, hasUri: false };
type Row = readonly [text: string, rules: typeof SERVER | typeof STREAM, expected: string];

/** kind host port uri, or what nginx says. */
const ROWS: readonly Row[] = [
  ['10.0.0.1', SERVER, 'ip 10.0.0.1 80 '],
  ['10.0.0.1:8080', SERVER, 'ip 10.0.0.1 8080 '],
  ['010.1.2.003:80', SERVER, 'ip 10.1.2.3 80 '],
  ['10.0.0.1', STREAM, 'ip 10.0.0.1 null '],
  ['10.0.0.1:65535', SERVER, 'ip 10.0.0.1 65535 '],
  ['10.0.0.1:65536', SERVER, 'invalid port'],
  ['10.0.0.1:0', SERVER, 'invalid port'],
  ['10.0.0.1:', SERVER, 'invalid port'],
  ['10.0.0.1:80-82', SERVER, 'invalid port'],
  ['10.0.0.1:80/x', SERVER, 'invalid host'],
  ['10.0.0.1:80/x?y', PROXY, 'ip 10.0.0.1 80 /x?y'],
  ['10.0.0.1/x:90', PROXY, 'ip 10.0.0.1 443 /x:90'],
  ['a?x/y', PROXY, 'hostname a 443 ?x/y'],
  ['256.0.0.1', SERVER, 'hostname 256.0.0.1 80 '],
  ['1.2.3', SERVER, 'hostname 1.2.3 80 '],
  ['svc.ns.svc.cluster.local:80', SERVER, 'hostname svc.ns.svc.cluster.local 80 '],
  ['[2001:DB8:0::1]:9200', SERVER, 'ip 2001:db8::1 9200 '],
  ['[::1]', SERVER, 'ip ::1 80 '],
  ['[::1]/x', PROXY, 'ip ::1 443 /x'],
  ['[::1]:80/', PROXY, 'ip ::1 80 /'],
  ['[::1', SERVER, 'invalid host'],
  ['[::1]80', SERVER, 'invalid host'],
  ['[]', SERVER, 'no host'],
  ['[::1%eth0]', SERVER, 'invalid IPv6 address'],
  ['[10.0.0.1]', SERVER, 'invalid IPv6 address'],
  ['[::g]', SERVER, 'invalid IPv6 address'],
  ['::1', SERVER, 'invalid port'],
  [':80', SERVER, 'no host'],
  ['', SERVER, 'no host'],
  ['unix:/run/a.sock', SERVER, 'unix /run/a.sock null '],
  ['UNIX:/run/a:b', SERVER, 'unix /run/a:b null '],
  ['unix:/run/a.sock:/x/', PROXY, 'unix /run/a.sock null /x/'],
  ['unix:', SERVER, 'no path in the unix domain socket'],
  ['unix::/x', PROXY, 'no path in the unix domain socket'],
  [`unix:/${'a'.repeat(107)}`, SERVER, 'too long path in the unix domain socket'],
  [`unix:/${'a'.repeat(106)}`, SERVER, `unix /${'a'.repeat(106)} null `],
  ['0.0.0.1', SERVER, 'placeholder 0.0.0.1 80 '],
  ['0.0.0.1:1234', STREAM, 'placeholder 0.0.0.1 1234 '],
  ['$backend:80', SERVER, 'variable  null '],
];
for (const [text, rules, expected] of ROWS) {
  test(`${text.slice(0, 40)} ${rules.hasUri ? 'with a path' : rules.defaultPort}`, () => {
    const address = parseConfAddress(text, rules);
    if (typeof address === 'string') assert.equal(address, expected);
    else assert.equal(`${address.kind} ${address.host} ${address.port} ${address.uri}`, expected);
  });
}

test('sockets that only answer with a code', () => {
  const code = (path: string) => {
    const address = parseConfAddress(`unix:${path}`, SERVER);
    assert.ok(typeof address !== 'string');
    return [address.kind, address.code];
  };
  assert.deepEqual(code('/var/run/nginx/nginx-503-server.sock'), ['placeholder', 503]);
  assert.deepEqual(code('/var/run/nginx/nginx-500-server.sock'), ['placeholder', 500]);
  assert.deepEqual(code('/var/lib/nginx/nginx-502-server.sock'), ['placeholder', 502]);
  assert.deepEqual(code('/var/lib/nginx/nginx-418-server.sock'), ['placeholder', 418]);
  assert.deepEqual(code('/var/run/nginx/connection-closed-server.sock'), ['unix', null]);
});

test('any text: an address with a port in range, or words', () => {
  const piece = fc.constantFrom('[', ']', ':', '/', '.', '1', '0', 'a', 'unix:', '$', '%', '?', '::', '10.0.0.1');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        for (const rules of [SERVER, PROXY, STREAM]) {
          const address = parseConfAddress(text, rules);
          if (typeof address === 'string') continue;
          assert.ok(address.port === null || (address.port >= 1 && address.port <= 65_535));
          assert.ok(address.kind === 'variable' || address.host !== '');
        }
      },
    ),
  );
});
