import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Budget, Pending } from '../../src/facts/pending.ts';

it('shares one budget, gives back what is taken or cleared, and does not charge a change twice', () => {
  const budget = new Budget(2);
  const [one, two] = [new Pending<number>(budget), new Pending<number>(budget)];
  assert.equal(one.set('a', 1), true);
  assert.equal(one.set('a', 2), true);
  assert.equal(two.set('a', 3), true);
  assert.equal(two.set('b', 4), false);
  assert.equal(two.get('b'), undefined);
  assert.equal(one.take('a'), 2);
  assert.equal(one.take('a'), undefined);
  assert.equal(two.set('b', 4), true);
  two.clear();
  assert.equal(budget.used, 0);
  assert.deepEqual(two.entries(), []);
});
