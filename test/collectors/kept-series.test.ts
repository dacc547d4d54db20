import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptSeries } from '../../src/collectors/kept-series.ts';
import { gauge } from '../../src/contract/metrics.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const METRICS = {
  one: gauge('badgateway_one', 'One.', ['pod']),
  other: gauge('badgateway_other', 'Other.', []),
};

test('what a poll does not set ends with it, not before; after one that fails nothing is known', async () => {
  const registry = new MetricRegistry({ now: () => 0 });
  const series = new KeptSeries(registry.writers(METRICS));
  const { one, other } = series.writers;
  const samples = async () => {
    const text = (await registry.render('text', 'test')).toString();
    return text.split('\n').filter((line) => /^badgateway_o/.test(line));
  };
  await series.round(async () => {
    one.set({ pod: 'a' }, 1);
    one.set({ pod: 'b' }, 2);
    other.set({}, 3);
  });
  assert.deepEqual(await samples(), ['badgateway_one{pod="a"} 1', 'badgateway_one{pod="b"} 2', 'badgateway_other 3']);
  await series.round(async () => {
    one.set({ pod: 'b' }, 4);
    assert.deepEqual(await samples(), ['badgateway_one{pod="a"} 1', 'badgateway_one{pod="b"} 4', 'badgateway_other 3']);
  });
  assert.deepEqual(await samples(), ['badgateway_one{pod="b"} 4']);
  const failing = series.round(async () => {
    one.set({ pod: 'c' }, 5);
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.deepEqual(await samples(), []);
});
