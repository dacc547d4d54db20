import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moveCounts, outcomeOf, targetOf } from '../../src/collectors/followed-logs.ts';
import type { FollowStatus } from '../../src/sources/line-source.ts';

const status = (parts: Partial<FollowStatus>): FollowStatus => ({
  ...{ path: '/a.log', state: 'following', behindBytes: 0, offset: 0, lastReadMs: null, ...parts },
});
const refused = status({ path: '/b.log', state: 'refused', error: 'EACCES' });

it('how a poll ended: what is followed, what is refused and why, or why there is nothing', () => {
  assert.deepEqual(outcomeOf([status({}), refused], 'nothing'), {
    state: 'ok',
    detail: 'following 1 of 2 files; /b.log: EACCES',
  });
  assert.deepEqual(outcomeOf([refused], 'nothing'), { state: 'not_permitted', detail: '/b.log: EACCES' });
  assert.deepEqual(outcomeOf([status({ state: 'missing' })], 'nothing'), { state: 'absent', detail: 'nothing' });
});

it('a file for the page', () => {
  assert.deepEqual(targetOf(refused), { name: '/b.log', state: 'not_permitted', detail: 'EACCES' });
  assert.equal(targetOf(status({ behindBytes: 7, state: 'catching_up' })).detail, '7 bytes behind');
  assert.deepEqual(targetOf(status({ state: 'missing' })).state, 'absent');
});

it('counts are moved once', () => {
  const counts = Float64Array.of(2, 0, 3);
  const moved: [string, number][] = [];
  for (let i = 0; i < 2; i++) moveCounts(counts, ['a', 'b', 'c'], (name, count) => moved.push([name, count]));
  assert.deepEqual(moved, [
    ['a', 2],
    ['c', 3],
  ]);
});
