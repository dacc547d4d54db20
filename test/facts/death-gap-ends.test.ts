import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { A, B, byName, C, gapRig, OTHER_POD, STALE_MS, settled } from './gap-rig.ts';

describe('edges of the death gap: how one ends', () => {
  it('scale to zero: the swap to a placeholder ends it', () => {
    const rig = settled([A]);
    rig.ready();
    rig.step(900);
    rig.uses({ cart: ['unix:/var/run/nginx/nginx-503-server.sock'] });
    assert.deepEqual(rig.found(), ['death 900']);
  });

  it('Service deleted: the loss of the block ends it, also when our watch is late', () => {
    const rig = settled([A]);
    rig.ready();
    rig.step(900);
    rig.uses({});
    assert.deepEqual(rig.found(), ['death 900']);
    const late = settled([A]);
    late.uses({});
    late.step(400);
    late.cluster.delete('endpointslices', 'shop/a');
    assert.deepEqual(late.found(), ['death 0 clamped']);
    late.wait(61);
    assert.equal(late.gaps.pending, 0);
  });

  it('a proxy that starts later: its sample begins with its first view', () => {
    const rig = settled([A]);
    rig.ready();
    rig.step(5000);
    rig.uses({ cart: [`${A}:8080`] }, { subject: OTHER_POD }, 'conf 2');
    rig.step(1000);
    rig.uses({ cart: [] }, { subject: OTHER_POD }, 'conf 2');
    rig.cart();
    assert.deepEqual(rig.found(), ['death 1000', 'death 6000']);
  });

  it('a proxy that comes back into sight with it has used it meanwhile: not known', () => {
    const rig = settled([A, B]);
    rig.ready();
    rig.truth.remove('conf');
    assert.deepEqual(rig.found(), ['death? proxy_gone', 'death? proxy_gone']);
    rig.step(10_000);
    rig.cart(A);
    rig.step(1000);
    rig.cart(B);
    rig.step(1000);
    rig.cart();
    assert.deepEqual(rig.found(), ['death? proxy_gone', 'death 1000'], 'what it took after its return is known');
  });

  it('what it uses is not known for a moment: measured at its next view', () => {
    const rig = settled([A, B]);
    rig.ready(B);
    rig.step(1000);
    rig.truth.suspend('conf');
    rig.truth.suspend('conf');
    rig.ready(B, C);
    rig.step(1000);
    rig.ready(C);
    rig.step(500);
    rig.cart(B, C);
    assert.deepEqual(rig.found(), ['death 2500', 'propagation 1500']);
    rig.truth.suspend('conf');
    rig.step(500);
    rig.uses({ other: [] });
    assert.deepEqual(rig.found(), ['death 1000'], 'the upstream went meanwhile');
  });

  it('what it uses is not known for longer than a view may be old, or it goes then: not known', () => {
    const rig = settled([A, B]);
    rig.ready(B);
    rig.truth.suspend('conf');
    rig.wait(STALE_MS / 1000 + 1);
    rig.cart(B);
    assert.deepEqual(rig.found(), ['death? proxy_not_read']);
    rig.ready();
    rig.truth.suspend('conf');
    rig.truth.remove('conf');
    assert.deepEqual(rig.found(), ['death? proxy_gone']);
  });

  it('never dropped: nothing is said, and the sample is as long as it took in the end', () => {
    const rig = settled([A]);
    rig.ready();
    for (let i = 0; i < 120; i++) {
      rig.wait(60);
      rig.cart(A);
    }
    rig.wait(1);
    assert.deepEqual(rig.found(), []);
    assert.equal(rig.truth.upstreams()[0].compared.driftSinceMs, 1_002_000);
    assert.equal(rig.gaps.pending, 1);
    rig.cart();
    assert.deepEqual(rig.found(), ['death 7201000']);
  });

  it('a proxy that was not read for too long: not known', () => {
    const rig = settled([A, B]);
    rig.ready(B);
    rig.wait(181);
    rig.cart(B);
    assert.deepEqual(rig.found(), ['death? proxy_not_read']);
    rig.wait(181);
    rig.cart();
    rig.ready();
    assert.deepEqual(rig.found(), [], 'when it dropped it is not known either');
  });

  it('an upstream that stands for another Service now: given up and counted', () => {
    let service = 'shop/cart';
    const rig = settled([A], { map: (name) => ({ ...byName(name), service: { service, portName: 'http' } }) });
    rig.ready();
    service = 'shop/basket';
    rig.cluster.set('services', {
      ...{ key: 'shop/basket', ports: [], clusterIps: [], externalName: '', publishNotReadyAddresses: false },
    });
    rig.wait(1);
    assert.deepEqual(rig.found(), ['death? remapped']);
  });

  it('the swap to something without pods’ addresses ends it, though the upstream stands for nothing to measure then', () => {
    let isStatic = false;
    const rig = settled([A], { map: (name) => ({ ...byName(name), isStatic }) });
    rig.ready();
    rig.step(600);
    isStatic = true;
    rig.cart();
    assert.deepEqual(rig.found(), ['death 600']);
    assert.equal(rig.gaps.pending, 0);
  });

  it('too many at once: not followed, and counted', () => {
    const rig = settled([A, B, C], { mostPending: 2 });
    rig.ready();
    assert.deepEqual(rig.found(), ['death? too_many']);
    assert.equal(rig.gaps.pending, 2);
    rig.step(100);
    rig.cart();
    assert.deepEqual(rig.found().slice(0, 2), ['death 100', 'death 100']);
  });

  it('addresses that stand for no pods are not measured', () => {
    const rig = gapRig();
    rig.cluster.set('services', {
      ...{ key: 'shop/cart', ports: [], clusterIps: ['10.96.0.1'], externalName: '', publishNotReadyAddresses: false },
    });
    rig.ready(A);
    rig.current();
    rig.uses({ cart: [`${A}:8080`, '10.96.0.1:80'], vip: ['10.96.0.1:80'], legacy: [`${A}:8080`] });
    rig.wait(1);
    rig.uses({ cart: [`${A}:8080`], vip: [], legacy: [] });
    rig.ready();
    assert.deepEqual(rig.found(), []);
    assert.equal(rig.gaps.pending, 1);
  });
});
