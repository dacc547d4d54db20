import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { addTo, allOf, removeFrom, type SetIndex } from '../../src/facts/set-index.ts';

it('has the same values as a set under each key, after any changes', () => {
  const values = [{ n: 0 }, { n: 1 }, { n: 2 }];
  const change = fc.record({
    key: fc.constantFrom('a', 'b'),
    value: fc.constantFrom(...values),
    isAdded: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const index: SetIndex<object> = new Map();
      const known = new Map([
        ['a', new Set<object>()],
        ['b', new Set<object>()],
      ]);
      for (const { key, value, isAdded } of changes) {
        (isAdded ? addTo : removeFrom)(index, key, value);
        if (isAdded) known.get(key)!.add(value);
        else known.get(key)!.delete(value);
      }
      for (const [key, set] of known) {
        assert.deepEqual(new Set(allOf(index, key)), set);
        assert.equal(index.has(key), set.size > 0);
      }
    }),
  );
});
