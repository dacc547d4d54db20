import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyGlobal } from '../../src/parse/envoy-global-stats.ts';

test('of load shed points the one that closes connections with their request unread is read', () => {
  const name = (point: string) => `overload.envoy.load_shed_points.${point}.shed_load_count`;
  assert.equal(classifyGlobal(name('hcm_ondata_creating_codec'), 'shed_load_count'), 'connections_shed');
  assert.equal(classifyGlobal(name('http1_server_abort_dispatch'), 'shed_load_count'), null);
});

test('what the overload manager counts of its actions is not read but for the streams that it resets', () => {
  const name = (action: string) => `envoy.overload_actions.${action}.count`;
  assert.equal(classifyGlobal(name('reset_high_memory_stream'), 'count'), 'streams_reset');
  assert.equal(classifyGlobal(name('shrink_heap'), 'count'), null);
});
