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

const ADDRESS = { ip: '10.0.0.1', port: 80 };
const NGINX = { proxy: 'nginx', subject: EDGE } as const;

it('knows what has failed since the last look, and takes the places of what had failed before', () => {
  const failed = new FailedAddresses();
  const its = view({ cart: ['10.0.0.1:80'] });
  assert.equal(failed.isEmpty, true);
  failed.add({ ...NGINX, subject: { ...EDGE, pod: 'edge-2' } }, ADDRESS);
  failed.add(NGINX, { ...ADDRESS, port: 81 });
  assert.deepEqual([failed.isEmpty, failed.has(its, ADDRESS)], [false, false]);
  failed.add(NGINX, ADDRESS);
  failed.add(NGINX, ADDRESS);
  assert.equal(failed.has(its, ADDRESS), true);
  assert.equal(failed.has(its, { ...ADDRESS, port: 81 }), true);
  failed.clear();
  assert.deepEqual([failed.isEmpty, failed.has(its, ADDRESS)], [true, false]);
  failed.add(NGINX, ADDRESS);
  assert.deepEqual([failed.has(its, ADDRESS), failed.has(its, { ...ADDRESS, port: 81 })], [true, false]);
});
