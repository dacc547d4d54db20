import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, notKnown } from '../../../src/audit/fact.ts';
import { ruleFixes, ruleSays } from '../../support/audit.ts';

const facts = (max: number, buckets: number) => ({ conntrackMax: known(max), conntrackBuckets: known(buckets) });
const says = (max: number, buckets: number) => ruleSays('conntrack_buckets_low', '', facts(max, buckets));

test('more than four entries to a bucket', () => {
  assert.deepEqual(says(524_288, 65_536), [
    'warning net.netfilter.nf_conntrack_buckets: nf_conntrack_buckets is 65536 and nf_conntrack_max 524288: up to 8 entries to a bucket, and every packet walks one',
  ]);
  assert.deepEqual(ruleFixes('conntrack_buckets_low', '', facts(524_288, 65_536)), [
    'sysctl net.netfilter.nf_conntrack_buckets=131072 on the node',
  ]);
});

test("silent at kube-proxy's 524288 and 131072, and at the kernel's own", () => {
  assert.deepEqual(says(524_288, 131_072), []);
  assert.deepEqual(says(262_144, 262_144), []);
  assert.equal(says(524_289, 131_072).length, 1);
});

test('without the module nothing is assumed', () => {
  const gone = notKnown('no nf_conntrack');
  assert.deepEqual(ruleSays('conntrack_buckets_low', '', { conntrackMax: gone }), ['unchecked: no nf_conntrack']);
  assert.deepEqual(ruleSays('conntrack_buckets_low', '', { conntrackBuckets: gone }), ['unchecked: no nf_conntrack']);
});
