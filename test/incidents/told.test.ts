import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Told } from '../../src/incidents/told.ts';

it('keeps the latest twenty request ids, each once, and those of another', () => {
  const told = new Told(100);
  const ids = Array.from({ length: 25 }, (_, i) => `id-${i}`);
  told.add({ sample: 'a line', requestIds: ids });
  told.add({ requestIds: ['id-10'] });
  assert.deepEqual(told.list(), {
    samples: ['a line'],
    requestIds: [
      'id-10',
      ...ids
        .slice(5)
        .reverse()
        .filter((id) => id !== 'id-10'),
    ],
  });
  const other = new Told(100);
  other.add({ requestIds: ['old'] });
  other.absorb(told.list());
  assert.deepEqual(other.list(), told.list());
  const empty = new Told(100);
  empty.absorb({ samples: [], requestIds: ['b', 'a'] });
  empty.add({});
  assert.deepEqual(empty.list().requestIds, ['b', 'a']);
});
