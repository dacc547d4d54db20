import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cart, planeRig } from './control-plane-rig.ts';
import { endpoint, slice } from './slices.ts';

function setUp() {
  const rig = planeRig();
  rig.service();
  rig.controllers({ a: true });
  rig.carts('10.0.0.1', '10.0.0.2');
  rig.current();
  rig.look();
  const down = () => {
    rig.step(1000);
    rig.controllers({ a: false });
  };
  return { ...rig, down };
}

describe('endpoints that change while no controller is ready', () => {
  it('are flagged once a look, with what changed and since when the controller is down', () => {
    const { down, carts, look, step, changes, missed, controllers } = setUp();
    down();
    step(4000);
    carts('10.0.0.2');
    carts('10.0.0.2', '10.0.0.3');
    step(2000);
    controllers({ a: true });
    look();
    look();
    assert.deepEqual(missed, ['shop/cart']);
    assert.deepEqual(
      changes.map(({ kind, service, text }) => [kind, service, text]),
      [
        [
          'warning',
          'shop/cart',
          'missed_while_controller_down: endpoints of shop/cart changed (10.0.0.1 left, 10.0.0.3 came) while nginx-gateway/ngf has had no ready endpoint since 03:00:01',
        ],
      ],
    );
  });

  it('are none of these while one is ready, or when nothing uses the Service', () => {
    const { down, carts, look, changes, controllers } = setUp();
    carts('10.0.0.9');
    look();
    controllers({ a: true, b: true });
    controllers({ a: false, b: true });
    carts('10.0.0.8');
    look();
    down();
    carts('10.0.0.7');
    look([]);
    look([cart({}, { proxy: 'envoy' })]);
    assert.deepEqual(changes, []);
  });

  it('are not what is heard of after a time without contact: it may have been before', () => {
    const { down, carts, look, changes, cluster, step } = setUp();
    down();
    cluster.interrupted('endpointslices');
    carts('10.0.0.7');
    look();
    assert.deepEqual(changes, []);
    step(1000);
    carts('10.0.0.6');
    look();
    assert.equal(changes.length, 1);
  });

  it('are not what changes while the slices of the controller have not been listed', () => {
    const rig = planeRig();
    rig.service();
    rig.carts('10.0.0.1');
    rig.current();
    rig.look();
    rig.carts('10.0.0.2');
    rig.look();
    assert.deepEqual(rig.changes, []);
  });

  it('are not an address that moves to another slice', () => {
    const { down, carts, look, changes, cluster } = setUp();
    down();
    carts('10.0.0.1');
    cluster.set('endpointslices', slice('b', [endpoint('10.0.0.2')]));
    look();
    assert.deepEqual(changes, []);
  });

  it('names three addresses and counts the others', () => {
    const { down, carts, look, changes } = setUp();
    down();
    carts('10.0.0.1', '10.0.0.2', ...[3, 4, 5, 6, 7].map((n) => `10.0.0.${n}`));
    look();
    assert.match(changes[0].text, /\(10\.0\.0\.3, 10\.0\.0\.4, 10\.0\.0\.5 and 2 more came\)/);
  });
});
