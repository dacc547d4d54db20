import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GAP_UNKNOWNS } from '../../src/facts/gap-sink.ts';
import { A, B, C, GOING, gapRig, OTHER_POD, settled } from './gap-rig.ts';
import { endpoint } from './slices.ts';
import { server, view } from './views.ts';

describe('death gap', () => {
  it('lasts from the loss of ready until a view without the address', () => {
    const rig = settled();
    rig.slices([endpoint(A, GOING), endpoint(B)]);
    rig.step(1500);
    rig.cart(A, B);
    rig.step(1500);
    rig.slices([endpoint(B)]);
    rig.step(500);
    rig.cart(B);
    assert.deepEqual(rig.found(), ['death 3500'], 'leaving the slices later begins nothing anew');
    assert.equal(rig.gaps.pending, 0);
  });

  it('also begins when the address leaves all slices at once, or when the slice goes', () => {
    const rig = settled();
    rig.ready(B);
    rig.step(100);
    rig.cluster.delete('endpointslices', 'shop/a');
    rig.step(100);
    rig.cart();
    assert.deepEqual(rig.found(), ['death 200', 'death 100']);
  });

  it('does not begin while another slice has the address ready', () => {
    const rig = settled([A]);
    rig.slices([endpoint(A)], 'b');
    rig.cluster.delete('endpointslices', 'shop/a');
    rig.step(1000);
    rig.cluster.delete('endpointslices', 'shop/b');
    rig.step(200);
    rig.cart();
    assert.deepEqual(rig.found(), ['death 200']);
  });

  it('counts only the port of the Service that the upstream stands for', () => {
    const rig = gapRig();
    const ports = [
      { name: 'http', number: 8080 },
      { name: 'admin', number: 9090 },
    ];
    rig.slices([endpoint(A)], 'a', { ports });
    rig.current();
    rig.uses({ cart: [`${A}:8080`] });
    rig.slices([endpoint(A)], 'a', { ports: ports.slice(0, 1) });
    rig.step(1000);
    rig.uses({ cart: [] });
    rig.step(1000);
    rig.slices([endpoint(A, GOING)]);
    assert.deepEqual(rig.found(), ['death 0 clamped']);
  });

  it('follows endpoints of a slice that stands for all ports', () => {
    const rig = gapRig();
    const ports = [{ name: 'http', number: null }];
    rig.slices([endpoint(A)], 'a', { ports });
    rig.current();
    rig.uses({ cart: [`${A}:8080`, `${A}:9090`] });
    rig.slices([], 'a', { ports });
    rig.step(400);
    rig.uses({ cart: [] });
    assert.deepEqual(rig.found(), ['death 400', 'death 400']);
  });

  it('ends when the proxy takes the address out of service on purpose', () => {
    const rig = settled([A]);
    rig.slices([endpoint(A, GOING)]);
    rig.step(700);
    const servers = [server(`${A}:8080`, { isDraining: true })];
    rig.uses({}, { upstreams: [{ name: 'cart', alias: '', servers }] });
    assert.deepEqual(rig.found(), ['death 700']);
  });
});

describe('propagation', () => {
  it('lasts from ready in the slices until a view with the address', () => {
    const rig = settled([A]);
    rig.slices([endpoint(A), endpoint(B, { ready: false })]);
    rig.step(3000);
    rig.ready(A, B);
    rig.step(1200);
    rig.cart(A);
    rig.step(300);
    rig.cart(A, B);
    assert.deepEqual(rig.found(), ['propagation 1500']);
    assert.equal(rig.gaps.pending, 0);
  });

  it('is 0 when the proxy uses it before our watch sees it ready', () => {
    const rig = settled([A]);
    rig.cart(A, B);
    rig.step(400);
    rig.ready(A, B);
    assert.deepEqual(rig.found(), ['propagation 0 clamped']);
  });

  it('is nothing when the endpoint goes first, or is taken back', () => {
    const rig = settled([A]);
    rig.ready(A, B);
    rig.step(400);
    rig.ready(A);
    rig.cart();
    rig.cart(A);
    assert.deepEqual(rig.found(), []);
    assert.equal(rig.gaps.pending, 0);
  });

  it('is not known of what was ready before we looked, or while the slices were too old', () => {
    const rig = gapRig();
    rig.cart(A);
    rig.ready(A, B);
    rig.current();
    rig.wait(1);
    rig.cart(A, B);
    assert.deepEqual(rig.found(), ['propagation? not_seen']);
    rig.ready(A, B, C);
    rig.wait(181, false);
    assert.deepEqual(rig.found(), ['propagation? stale_view']);
    rig.wait(1);
    rig.uses({ cart: [A, B, C].map((ip) => `${ip}:8080`) });
    assert.deepEqual(rig.found(), ['propagation? not_seen']);
  });

  it('is given up after an hour, and of the other family never begins', () => {
    const rig = settled([A]);
    rig.slices([endpoint('fd00::1')], 'six');
    assert.equal(rig.gaps.pending, 0);
    rig.ready(A, B);
    rig.wait(3610);
    assert.deepEqual(rig.found(), ['propagation? not_used']);
    assert.equal(rig.gaps.pending, 0);
  });

  it('is not known when the proxy was not read for too long, is gone, or too many are followed', () => {
    const rig = settled([A], { mostPending: 1 });
    rig.ready(A, B);
    rig.wait(181);
    rig.cart(A, B);
    assert.deepEqual(rig.found(), ['propagation? proxy_not_read']);
    rig.ready(A, B, C, '10.0.0.4');
    assert.deepEqual(rig.found(), ['propagation? too_many']);
    rig.truth.remove('conf');
    assert.deepEqual(rig.found(), ['propagation? proxy_gone']);
    assert.equal(rig.gaps.pending, 0);
  });
});

describe('EndpointGaps', () => {
  it('believes, of two sources that see one gateway, the better one; and never those that fail only', () => {
    const rig = settled([A]);
    rig.uses({ cart: [`${A}:8080`] }, { source: 'ingress_nginx' }, 'ingress');
    rig.uses({ cart: [`${A}:8080`] }, { source: 'observed' }, 'log');
    rig.ready();
    rig.step(1000);
    rig.uses({ cart: [] }, { source: 'observed' }, 'log');
    rig.cart();
    rig.step(1000);
    rig.uses({ cart: [] }, { source: 'ingress_nginx' }, 'ingress');
    assert.deepEqual(rig.found(), ['death 2000']);
  });

  it('names each proxy once, with the first view of it', () => {
    const rig = gapRig();
    rig.cart(A);
    rig.cart(B);
    rig.truth.report('conf 2', view({ cart: [] }, { subject: OTHER_POD, readAtMs: rig.now() }));
    assert.deepEqual(rig.all(), ['present edge-1', 'present edge-2']);
    assert.equal(new Set(GAP_UNKNOWNS).size, GAP_UNKNOWNS.length);
  });
});
