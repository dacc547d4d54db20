import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOOP_RELOADS, RELOAD_STORM, ReloadHistory } from '../../src/collectors/nginx-config-reloads.ts';

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
