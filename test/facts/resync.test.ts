import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cart, planeRig, START_MS } from './control-plane-rig.ts';

const OLD = { '10.0.0.1:8080': START_MS - 5000 };

/** The controller was down from the start on and comes back, as another pod, 10 s later. */
function setUp(pod = 'b') {
  const rig = planeRig();
  rig.service();
  rig.controllers({ a: true });
  rig.current();
  rig.look();
  rig.controllers({ a: false });
  rig.look();
  rig.step(10_000);
  rig.controllers({ [pod]: true });
  const evidence = () => rig.conditions.all().find(({ condition }) => condition === 'not_resynced')?.evidence;
  return { ...rig, evidence };
}

describe('a gateway that gets nothing from a controller that has started', () => {
  it('says so after a grace, as long as the old addresses are there', () => {
    const { look, step, evidence, unsynced } = setUp();
    step(59_000);
    assert.equal(look([cart(OLD)]).not_resynced, false);
    step(1000);
    assert.equal(look([cart({ ...OLD, '10.0.0.2:8080': START_MS - 1 })]).not_resynced, true);
    assert.equal(
      evidence(),
      'no resync since the controller nginx-gateway/ngf started at 2026-11-21T03:00:10Z: 10.0.0.1:8080 of shop_cart_80 and 1 more, gone by then, are still in use',
    );
    assert.equal(unsynced.startMs, START_MS + 10_000);
    step(1000);
    assert.equal(look([cart()]).not_resynced, false);
    assert.equal(unsynced.startMs, null);
  });

  it('came back, where its pod is the one that was there before', () => {
    const { look, step, evidence } = setUp('a');
    step(60_000);
    look([cart(OLD)]);
    assert.match(
      evidence()!,
      /ngf came back at 2026-11-21T03:00:10Z: 10\.0\.0\.1:8080 of shop_cart_80, which was gone by then, is still/,
    );
  });

  it('is none when its addresses have changed since, or went only afterwards', () => {
    const { look, step, changed } = setUp();
    step(70_000);
    assert.equal(look([cart({ '10.0.0.1:8080': START_MS + 20_000 })]).not_resynced, false);
    changed.atMs = START_MS + 11_000;
    assert.equal(look([cart(OLD)]).not_resynced, false);
  });

  it('is not known of a controller that was ready all along, or was there before anybody looked', () => {
    const { look, step, controllers, unsynced } = setUp();
    controllers({ b: false });
    look([cart(OLD)]);
    step(70_000);
    assert.equal(look([cart(OLD)]).not_resynced, undefined, 'no controller');
    const other = planeRig();
    other.service();
    other.controllers({ a: true });
    other.current();
    other.step(70_000);
    other.controllers({ a: true, b: true });
    other.step(70_000);
    assert.equal(other.look([cart(OLD)]).not_resynced, undefined);
    assert.equal(unsynced.startMs, null);
  });

  it('is not known of a controller that is heard of late: it was there before', () => {
    const late = planeRig();
    late.current();
    late.step(10_000);
    late.service();
    late.controllers({ b: true });
    late.step(70_000);
    assert.equal(late.look([cart(OLD)]).not_resynced, undefined, 'its slice is listed only now');
    const { look, step, cluster, controllers } = setUp();
    controllers({});
    cluster.interrupted('endpointslices');
    controllers({ c: true });
    step(70_000);
    assert.equal(look([cart(OLD)]).not_resynced, undefined, 'while there was no contact');
  });

  it('is nothing of Envoy, of addresses that were only seen, or of a gateway that is gone', () => {
    const { look, step, unsynced } = setUp();
    step(70_000);
    assert.equal(look([cart(OLD, { proxy: 'envoy' })]).not_resynced, undefined);
    assert.equal(look([cart(OLD, { source: 'observed' })]).not_resynced, undefined);
    assert.equal(look([cart(OLD)]).not_resynced, true);
    assert.equal(look([]).not_resynced, undefined);
    assert.equal(unsynced.startMs, null);
  });
});
