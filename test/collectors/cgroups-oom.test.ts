import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KILL_LASTS_MS, LostKills, OomKills } from '../../src/collectors/cgroups-oom.ts';

test('a kill is a bad state for ten minutes, and again with the next', () => {
  const kills = new OomKills();
  assert.deepEqual(kills.observe('a', 0, 0), { isActive: false, delta: 0, isFirst: true });
  assert.deepEqual(kills.observe('a', 2, 1000), { isActive: true, delta: 2, isFirst: false });
  assert.deepEqual(kills.observe('a', 2, 999 + KILL_LASTS_MS), { isActive: true, delta: 0, isFirst: false });
  assert.deepEqual(kills.observe('a', 2, 1000 + KILL_LASTS_MS), { isActive: false, delta: 0, isFirst: false });
  assert.deepEqual(kills.observe('a', 3, 1001 + KILL_LASTS_MS), { isActive: true, delta: 1, isFirst: false });
});

test('when kills before the first look were is not known, until it is too long ago', () => {
  const kills = new OomKills();
  assert.deepEqual(kills.observe('a', 5, 0), { isActive: null, delta: 5, isFirst: true });
  assert.equal(kills.observe('a', 5, KILL_LASTS_MS - 1).isActive, null);
  assert.equal(kills.observe('a', 5, KILL_LASTS_MS).isActive, false);
  kills.observe('b', 5, 0);
  assert.equal(kills.observe('b', 6, 1).isActive, true);
});

test('a cgroup that is gone is forgotten', () => {
  const kills = new OomKills();
  for (const one of ['a', 'b']) kills.observe(one, 1, 0);
  kills.keep(new Set(['b']));
  assert.equal(kills.observe('a', 0, 1).isActive, false);
  assert.deepEqual(kills.observe('b', 2, 1), { isActive: true, delta: 1, isFirst: false });
});

test('a container that is seen again does not make up for kills to come', () => {
  const lost = new LostKills();
  lost.observe('pod', { kills: 5, counted: 5 }, 0);
  // It was not looked at for a while, and all its kills count as new.
  assert.equal(lost.observe('pod', { kills: 5, counted: 5 }, 1).isActive, false);
  assert.equal(lost.observe('pod', { kills: 5, counted: 0 }, 2).isActive, false);
  assert.equal(lost.observe('pod', { kills: 6, counted: 0 }, 3).isActive, true);
});

test('a kill that only the pod has counted was in a container that is gone', () => {
  const lost = new LostKills();
  assert.equal(lost.observe('pod', { kills: 7, counted: 2 }, 0).isActive, false);
  // Counted by a container that lives.
  assert.equal(lost.observe('pod', { kills: 8, counted: 1 }, 1).isActive, false);
  assert.equal(lost.observe('pod', { kills: 9, counted: 0 }, 2).isActive, true);
  assert.equal(lost.observe('pod', { kills: 9, counted: 0 }, 2 + KILL_LASTS_MS).isActive, false);
  // Between the two reads: the container is ahead of the pod, then the pod follows.
  assert.equal(lost.observe('pod', { kills: 9, counted: 1 }, 3 + KILL_LASTS_MS).isActive, false);
  assert.equal(lost.observe('pod', { kills: 10, counted: 0 }, 4 + KILL_LASTS_MS).isActive, false);
  lost.keep(new Set());
  assert.equal(lost.observe('pod', { kills: 99, counted: 0 }, 5 + KILL_LASTS_MS).isActive, false);
});
