import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FACT_MEMORIES, FACT_METRICS, type FactMemory, FactSeries } from '../../src/metrics/facts.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

test('every memory has a counter from the start, which grows by what was dropped since', () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new FactSeries(registry.writers(FACT_METRICS));
  const shown = () =>
    [...(registry.get('badgateway_facts_dropped_total')?.entries() ?? [])].map(({ labels, value }) => [
      labels.memory,
      value,
    ]);
  assert.deepEqual(
    shown(),
    FACT_MEMORIES.map((memory) => [memory, 0]),
  );
  const none = Object.fromEntries(FACT_MEMORIES.map((memory) => [memory, 0])) as Record<FactMemory, number>;
  for (const changes of [3, 3, 5]) series.publish({ ...none, changes, networks: 1 });
  assert.deepEqual(
    shown().filter(([, value]) => value !== 0),
    [
      ['changes', 5],
      ['networks', 1],
    ],
  );
});
