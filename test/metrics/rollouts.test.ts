import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Rollouts } from '../../src/facts/rollouts.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { ROLLOUT_METRICS, RolloutSeries } from '../../src/metrics/rollouts.ts';
import { API, START, verdict } from '../incidents/staged.ts';

it('counts failures of a Service while it is rolled out, and for how long it is', async () => {
  let nowMs = START;
  const registry = new MetricRegistry({ now: () => nowMs });
  const rollouts = new Rollouts({ now: () => nowMs });
  const series = new RolloutSeries(registry.writers(ROLLOUT_METRICS), rollouts);
  const fail = (count: number, parts = {}) =>
    series.failed(verdict('stale_endpoint', count, { atMs: nowMs, ...parts }));
  fail(1);
  nowMs += 10_000;
  rollouts.changed('shop/cart', ['b'], ['a']);
  series.publish();
  nowMs += 10_000;
  fail(2);
  fail(4, { upstream: API });
  nowMs += 55_000;
  fail(8);
  nowMs += 5_001;
  fail(16, { atMs: nowMs + 5_000 });
  series.publish();
  await registry.render('text', 'test');
  const text = (await registry.render('text', 'test')).toString();
  const of = 'upstream_namespace="shop",upstream_service="cart"';
  assert.match(
    text,
    new RegExp(`^badgateway_failures_during_rollout_total\\{namespace="gw",gateway="edge",${of}\\} 10$`, 'm'),
  );
  assert.match(text, new RegExp(`^badgateway_rollout_seconds_total\\{${of}\\} 60$`, 'm'));
  assert.doesNotMatch(text, /during_rollout_total\{.*"api"/);
});
