import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CONDITION_METRICS, publishConditions } from '../../src/metrics/conditions.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { EDGE } from '../facts/views.ts';

it('shows 1, 0, or nothing at all', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const writers = registry.writers(CONDITION_METRICS);
  const lines = async () =>
    (await registry.render('text', 'test'))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('badgateway_condition'));
  const known = { subject: EDGE, evidence: '', sinceMs: 0 };
  publishConditions(writers, [
    { ...known, condition: 'truth_stale', isActive: true },
    { ...known, condition: 'config_invalid', isActive: false },
  ]);
  const labels = 'namespace="gw",pod="edge-1",container="nginx",gateway="edge"';
  assert.deepEqual(await lines(), [
    `badgateway_condition_active{${labels},condition="truth_stale"} 1`,
    `badgateway_condition_active{${labels},condition="config_invalid"} 0`,
  ]);
  publishConditions(writers, []);
  assert.deepEqual(await lines(), []);
});
