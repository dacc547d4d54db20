import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GAP_UNKNOWNS } from '../../src/facts/gap-sink.ts';
import { byName, GOING, gapRig, OTHER_POD, podEndpoint, STALE_MS } from './gap-rig.ts';
import { endpoint } from './slices.ts';
import { server, view } from './views.ts';

const [A, B, C] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** The slices are known, the proxy uses `ips`, all ready. */
function settled(ips: readonly string[] = [A, B], options: Parameters<typeof gapRig>[0] = {}) {
  const rig = gapRig(options);
  rig.ready(...ips);
  rig.current();
  rig.cart(...ips);
  rig.wait(1);
  assert.deepEqual(rig.found(), [], 'what is there from the start is no news');
  return rig;
}

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

describe('edges of the death gap', () => {
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
