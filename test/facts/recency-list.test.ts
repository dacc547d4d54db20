import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Listed, RecencyList } from '../../src/facts/recency-list.ts';

class One implements Listed<One> {
  older: One | undefined;
  newer: One | undefined;
}

it('has the same order as a set of which everything that is touched is deleted and added again', () => {
  const step = fc.record({ at: fc.nat(5), what: fc.constantFrom('touch', 'delete') });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const all = Array.from({ length: 6 }, () => new One());
      const list = new RecencyList<One>();
      const set = new Set<One>();
      for (const { at, what } of steps) {
        const one = all[at];
        const isThere = set.delete(one);
        if (what === 'delete' && isThere) list.delete(one);
        if (what === 'delete') continue;
        set.add(one);
        if (isThere) list.touch(one);
        else list.add(one);
      }
      assert.deepEqual(
        [...list].map((one) => all.indexOf(one)),
        [...set].map((one) => all.indexOf(one)),
      );
      assert.equal(list.size, set.size);
      assert.equal(list.oldest, [...set][0]);
    }),
  );
});
