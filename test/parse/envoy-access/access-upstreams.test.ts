import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clusterName, peerOf } from '../../../src/parse/envoy-access/access-upstreams.ts';

it('hosts: address and port, a socket’s path, a listener of Envoy’s own', () => {
  assert.deepEqual(peerOf('10.0.0.1:8080'), { scheme: 'tcp', address: '10.0.0.1', port: 8080 });
  assert.deepEqual(peerOf('[2001:db8::1]:80'), { scheme: 'tcp', address: '2001:db8::1', port: 80 });
  assert.deepEqual(peerOf('/run/app.sock'), { scheme: 'unix', address: '/run/app.sock', port: null });
  assert.deepEqual(peerOf('@app'), { scheme: 'unix', address: '@app', port: null });
  assert.deepEqual(peerOf('envoy://inner/x'), { scheme: 'internal', address: 'inner', port: null });
});

it('clusters: as the statistics unit names them', () => {
  assert.equal(clusterName('outbound|80||cart.shop.svc.cluster.local;'), 'outbound|80||cart.shop.svc.cluster.local');
  assert.equal(clusterName('cart'), 'cart');
  assert.equal(clusterName(Buffer.from('kärt').toString('latin1')), 'kärt');
});
