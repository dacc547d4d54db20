import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import client from 'prom-client';
import { addEventLoopLag, LAG_NAMES, LOOK_MS, LoopLooks } from '../../src/metrics/event-loop-lag.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';

const valuesOf = (text: string) =>
  new Map(
    [...text.matchAll(/^(nodejs_eventloop_lag_\w*seconds) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );

test('a stall shows as long as it was, and not the time between two looks', async () => {
  const register = new client.Registry();
  addEventLoopLag(register);
  const values = async () => valuesOf(await register.metrics());
  const most = async () => (await values()).get('nodejs_eventloop_lag_max_seconds') ?? Number.NaN;
  assert.equal(await most(), 0, 'nothing was looked at yet');
  await delay(LOOK_MS / 2);
  const endMs = performance.now() + 2.5 * LOOK_MS;
  while (performance.now() < endMs);
  // The look was due at most a second after the stall began; one before it may have been late, too, but not as long.
  for (const giveUpMs = performance.now() + 20_000; (await most()) < 1.4 && performance.now() < giveUpMs; )
    await delay(50);
  assert.ok((await most()) >= 1.4, String(await most()));
  assert.equal(await most(), await most(), 'the same for the next who asks');
});

test('the figures are of the last minute', () => {
  const looks = new LoopLooks();
  assert.deepEqual([looks.lag('p99'), looks.last], [0, 0]);
  looks.look(5_000);
  for (let at = 0; at < 59; at++) looks.look(at < 6 ? 100 : 0);
  assert.deepEqual(
    (['min', 'max', 'p50', 'p90', 'p99'] as const).map((word) => looks.lag(word)),
    [0, 5, 0, 0.1, 5],
  );
  assert.equal(looks.lag('mean').toFixed(3), ((5 + 0.6) / 60).toFixed(3));
  looks.look(30);
  assert.deepEqual([looks.lag('max'), looks.last], [0.1, 0.03]);
});

test('the process has each of them once', async () => {
  const registry = new MetricRegistry({ now: () => Date.now() });
  registry.collectProcessMetrics();
  const text = (await registry.render('text', 'test')).toString();
  const names = [...valuesOf(text).keys()];
  assert.deepEqual([...names].sort(), LAG_NAMES.filter((name) => !name.includes('stddev')).toSorted());
  assert.equal(new Set(names).size, names.length);
});
