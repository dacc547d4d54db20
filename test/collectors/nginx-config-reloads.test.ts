import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOOP_RELOADS, RELOAD_STORM, ReloadHistory } from '../../src/collectors/nginx-config-reloads.ts';

test('two rollouts of five pods, two reloads for each, are no storm; a reload every ten seconds is', () => {
  const history = new ReloadHistory();
  for (let at = 0; at < 20; at++) history.add('endpoints_only', at * 3000);
  assert.ok(history.recent(60_000).all < RELOAD_STORM.count);
  for (let at = 0; at < 30; at++) history.add('endpoints_only', 1_000_000 + at * 10_000);
  assert.equal(history.recent(1_290_000).all, RELOAD_STORM.count);
});

test('reloads count for their time only', () => {
  const history = new ReloadHistory();
  history.add('changed', 0);
  history.add('reordered', 1000);
  history.add('endpoints_only', 2000);
  assert.deepEqual(history.recent(2000), { all: 3, noops: 1 });
  assert.deepEqual(history.recent(RELOAD_STORM.withinMs + 1000), { all: 1, noops: 1 });
  assert.deepEqual(history.recent(NOOP_RELOADS.withinMs + 999), { all: 0, noops: 1 });
  assert.deepEqual(history.recent(NOOP_RELOADS.withinMs + 1000), { all: 0, noops: 0 });
});
