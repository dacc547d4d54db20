import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIp, isAnyIp, isLoopbackIp } from '../../src/parse/ip-address.ts';

const CASES: Readonly<Record<string, string | null>> = {
  '10.0.0.1': '10.0.0.1',
  'FD00:0:0:0::1': 'fd00::1',
  'fd00:0000:0000:0000:0000:0000:0000:0001': 'fd00::1',
  '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
  '::ffff:10.0.0.1': '10.0.0.1',
  '::FFFF:0a00:0001': '10.0.0.1',
  '::1': '::1',
  'fe80::1%eth0': 'fe80::1',
  '': null,
  '10.0.0': null,
  '010.0.0.1': null,
  '[::1]': null,
  'shop.svc': null,
  '1.2.3.4:80': null,
};
for (const [text, canonical] of Object.entries(CASES))
  test(`${JSON.stringify(text)} → ${canonical}`, () => assert.equal(canonicalIp(text), canonical));

test('two spellings of one address are one text; any other text is null and no error', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const canonical = canonicalIp(address);
      assert.ok(canonical !== null);
      assert.equal(canonicalIp(canonical), canonical);
      assert.equal(canonicalIp(address.toUpperCase()), canonical);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void canonicalIp(text)));
});

test('loopback is all of 127.0.0.0/8 and ::1; all addresses are 0.0.0.0 and ::', () => {
  const addresses = ['127.0.0.1', '127.9.9.9', '::1', '12.7.0.1', '0.0.0.0', '::', '::2'];
  assert.deepEqual(addresses.filter(isLoopbackIp), ['127.0.0.1', '127.9.9.9', '::1']);
  assert.deepEqual(addresses.filter(isAnyIp), ['0.0.0.0', '::']);
});
