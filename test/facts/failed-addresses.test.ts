import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FailedAddresses } from '../../src/facts/failed-addresses.ts';
import { EDGE, view } from './views.ts';

it('has the addresses that failed for a proxy, until the next look', () => {
  const failed = new FailedAddresses();
  const [one, other] = [1, 2].map((port) => ({ ip: '10.0.0.1', port }));
  const edge = view({});
  failed.add({ proxy: 'nginx', subject: EDGE }, one);
  failed.add({ proxy: 'nginx', subject: EDGE }, one);
  failed.add({ proxy: 'envoy', subject: EDGE }, other);
  assert.deepEqual([failed.has(edge, one), failed.has(edge, other)], [true, false]);
  assert.equal(failed.has(edge, { ip: '10.0.0.2', port: 1 }), false);
  assert.equal(failed.has({ ...edge, subject: { ...EDGE, pod: 'edge-2' } }, one), false);
  failed.add({ proxy: 'nginx', subject: EDGE }, other);
  assert.deepEqual([failed.has(edge, one), failed.has(edge, other), failed.isEmpty], [true, true, false]);
  failed.clear();
  assert.deepEqual([failed.has(edge, one), failed.isEmpty], [false, true]);
});
