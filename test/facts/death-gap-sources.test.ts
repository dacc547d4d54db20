import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { A, B, C, GOING, gapRig, podEndpoint, settled } from './gap-rig.ts';
import { endpoint } from './slices.ts';

describe('edges of the death gap: restarts, and slices that come late', () => {
  it('restart: begins when the deletion of the pod was asked for, if the pod is still there', () => {
    const rig = gapRig();
    rig.cart(A, B);
    rig.step(1000);
    rig.slices([podEndpoint(A, GOING), podEndpoint(B, GOING)]);
    rig.pod(A, rig.now() - 5000);
    rig.pod(B, rig.now() - 9000, 'uid-of-a-namesake');
    rig.current();
    rig.wait(2);
    rig.cart();
    assert.deepEqual(rig.found(), ['death 7000', 'death? not_seen']);
  });

  it('restart: the pod may become known later, and its deletion is never in the future', () => {
    const rig = gapRig();
    rig.cart(A);
    rig.slices([podEndpoint(A, GOING)]);
    rig.current();
    rig.wait(1);
    rig.pod(A, rig.now() + 60_000);
    rig.wait(10);
    rig.cluster.delete('pods', `shop/pod-${A}`);
    const knownMs = rig.now();
    rig.cart();
    const [found] = rig.found();
    assert.match(found, /^death \d+$/);
    assert.ok(Number(found.split(' ')[1]) <= knownMs - 1_000_000);
  });

  it('restart: without a trace of the pod the sample is dropped and counted', () => {
    const rig = gapRig();
    rig.cart(A, B);
    rig.ready(B);
    rig.current();
    rig.wait(10);
    rig.cart(B);
    assert.deepEqual(rig.found(), ['death? not_seen']);
  });

  it('watch gap: what was lost while the slices were stale begins with the pod’s deletion, or is not known', () => {
    const rig = settled([A, B, C]);
    rig.slices([podEndpoint(A), podEndpoint(B), podEndpoint(C)]);
    rig.wait(200, false);
    rig.cart(A, B, C);
    rig.slices([podEndpoint(A, GOING), podEndpoint(C)]);
    rig.pod(A, rig.now() - 30_000);
    rig.wait(1);
    rig.cart(C);
    assert.deepEqual(rig.found(), ['death 31000', 'death? not_seen']);
  });

  it('watch gap: also when the proxy dropped it meanwhile', () => {
    const rig = settled([A, B, C]);
    rig.slices([podEndpoint(A), podEndpoint(B), podEndpoint(C)]);
    rig.wait(179, false);
    rig.cart(A, B, C);
    rig.wait(21, false);
    rig.cart(C);
    rig.wait(20, false);
    rig.slices([podEndpoint(A, GOING), podEndpoint(C)]);
    rig.pod(A, rig.now() - 25_000);
    rig.wait(1);
    assert.deepEqual(rig.found(), ['death 5000', 'death? not_seen']);
    assert.equal(rig.gaps.pending, 0);
  });

  it('stale view: a sample with a time in it when the slices were too old is dropped and counted', () => {
    const rig = settled([A, B]);
    rig.slices([endpoint(A, GOING), endpoint(B, GOING)]);
    rig.wait(181, false);
    rig.cart(B);
    assert.deepEqual(rig.found(), ['death? stale_view']);
    rig.wait(1);
    rig.cart();
    assert.deepEqual(rig.found(), ['death? stale_view']);
  });

  it('stale view: noticed by the next change when nobody has looked', () => {
    const rig = settled([A]);
    rig.slices([endpoint(A, GOING)]);
    rig.step(181_000);
    rig.slices([endpoint(A)]);
    rig.current();
    rig.slices([]);
    rig.step(10);
    rig.cart();
    assert.deepEqual(rig.found(), ['death? stale_view']);
  });

  it('a source of the slices that is switched off proves nothing', () => {
    const rig = settled([A]);
    rig.cluster.forget('endpointslices');
    rig.wait(5, false);
    rig.cart();
    rig.wait(5, false);
    assert.deepEqual(rig.found(), []);
  });

  it('flapping: cancels the sample and is counted', () => {
    const rig = settled([A]);
    rig.slices([endpoint(A, { ready: false })]);
    rig.step(2000);
    rig.ready(A);
    rig.step(2000);
    rig.slices([endpoint(A, GOING)]);
    rig.step(300);
    rig.cart();
    assert.deepEqual(rig.found(), ['flap', 'death 300']);
  });

  it('another pod of the Service at the address: it is live again', () => {
    const rig = settled([A]);
    rig.slices([]);
    rig.step(2000);
    rig.slices([endpoint(A, { podUid: 'another' })]);
    rig.cart();
    assert.deepEqual(rig.found(), ['flap']);
  });

  it('negative: the proxy drops it before our watch sees it go', () => {
    const rig = settled([A, B]);
    rig.cart(B);
    rig.step(800);
    rig.ready(B);
    assert.deepEqual(rig.found(), ['death 0 clamped']);
    rig.cart();
    rig.wait(61);
    rig.ready();
    assert.deepEqual(rig.found(), [], 'a minute apart has nothing to do with it');
    assert.equal(rig.gaps.pending, 0);
  });

  it('negative: by a view that was read before the change came and reported after it', () => {
    const rig = settled([A]);
    const readAtMs = rig.now() + 100;
    rig.step(200);
    rig.ready();
    rig.step(50);
    rig.uses({ cart: [] }, { readAtMs });
    assert.deepEqual(rig.found(), ['death 0 clamped']);
  });
});
