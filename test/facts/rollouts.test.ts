import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rollouts } from '../../src/facts/rollouts.ts';

function setUp() {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const rollouts = new Rollouts(clock);
  const at = (seconds: number) => {
    clock.nowMs = 1_000_000 + seconds * 1000;
    return rollouts;
  };
  const isAt = (seconds: number) =>
    rollouts.isDuring('shop/cart', 1_000_000 + seconds * 1000, 1_000_000 + seconds * 1000);
  const taken = () => [...rollouts.take()].map(([service, ms]) => `${service} ${ms / 1000}`);
  return { at, isAt, taken };
}

describe('rollouts', () => {
  it('last from the first pod that came or left until a minute after the last', () => {
    const { at, isAt } = setUp();
    assert.equal(at(0).changed('shop/cart', ['b1'], []), null);
    assert.equal(isAt(0), false, 'more pods are no rollout');
    assert.deepEqual(at(5).changed('shop/cart', [], ['a1']), { leaver: 'a1', newcomer: 'b1' });
    assert.equal(at(20).changed('shop/cart', ['b2'], ['a2']), null, 'it is said once');
    assert.deepEqual([-1, 0, 20, 80, 81].map(isAt), [false, true, true, true, false]);
    assert.equal(at(30).isDuring('shop/pay', 0, 2_000_000), false);
  });

  it('are not pods that come back, nor those that only leave', () => {
    const { at, isAt } = setUp();
    at(0).changed('shop/cart', [], ['a1']);
    at(1).changed('shop/cart', ['a1'], []);
    at(2).changed('shop/cart', [], ['a2', 'a3']);
    assert.equal(isAt(2), false);
  });

  it('give their time once, also when they are forgotten', () => {
    const { at, taken } = setUp();
    at(0).changed('shop/cart', ['b1'], ['a1']);
    assert.deepEqual(taken(), ['shop/cart 0']);
    at(10);
    assert.deepEqual(taken(), ['shop/cart 10']);
    at(20).changed('shop/pay', ['b'], []);
    at(500);
    at(500).changed('shop/user', ['b'], []);
    assert.deepEqual(taken(), ['shop/cart 50']);
    assert.deepEqual(taken(), []);
    at(600).changed('shop/cart', ['c1'], ['b1']);
    at(630);
    assert.deepEqual(taken(), ['shop/cart 30']);
  });

  it('are bounded', () => {
    const { at, isAt } = setUp();
    at(0).changed('shop/cart', ['b1'], ['a1']);
    for (let i = 0; i < 5000; i++) at(1).changed(`shop/s${i}`, ['b'], ['a']);
    assert.equal(isAt(0), false);
  });
});
