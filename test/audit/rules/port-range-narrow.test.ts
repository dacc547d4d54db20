import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const facts = (low: number, high: number) => ({ localPorts: known({ low, high }) });
const says = (low: number, high: number) => ruleSays('port_range_narrow', '', facts(low, high));

test('fewer ports than by default', () => {
  assert.deepEqual(says(40_000, 49_999), [
    "warning net.ipv4.ip_local_port_range: ip_local_port_range 40000 49999 has 10000 ports, the kernel's default 28232: so many connections to one address and port of an upstream, those in TIME_WAIT included",
  ]);
  assert.match(ruleFixes('port_range_narrow', '', facts(1, 2)).join(), /ip_local_port_range="10240 60999"/);
});

test('silent at the default and wider; unknown is not assumed', () => {
  assert.deepEqual(says(32_768, 60_999), []);
  assert.deepEqual(says(1024, 65_535), []);
  assert.equal(says(32_769, 60_999).length, 1);
  assert.deepEqual(ruleSays('port_range_narrow', '', { localPorts: notKnown('elsewhere') }), ['unchecked: elsewhere']);
});
