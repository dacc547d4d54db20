import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type * as z from 'zod';
import { HARNESS_METRICS, Harness } from '../src/collectors/harness.ts';
import { COLLECTORS } from '../src/collectors/index.ts';
import { loadConfig } from '../src/config/load.ts';
import type { MetricTable } from '../src/contract/metrics.ts';
import type { CollectorUnit, UnitConfig } from '../src/contract/unit.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { Units } from '../src/units.ts';
import { testContext } from './support/context.ts';

const clock = { now: () => Date.now() };

test('what verdicts wait for is read at once, all else as before', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const registry = new MetricRegistry(clock);
  const { metrics: _, paths: __, ...shared } = testContext(registry.writers({}), { clock });
  const units = new Units(registry, shared);
  const polls = { cgroups: 0, conntrack: 0, netstat: 0, sockstat: 0 };
  const reads = { cgroups: 'containers', conntrack: 'conntrack', netstat: 'netstat', sockstat: null } as const;
  for (const name of ['cgroups', 'conntrack', 'netstat', 'sockstat'] as const) {
    const collector = {
      answersDoubts: reads[name],
      poll: () => {
        polls[name]++;
        return { state: 'ok', detail: '' } as const;
      },
    };
    const writers = registry.writers(HARNESS_METRICS);
    const options = { name, collector, intervalMs: 15_000, writers, resetGauges: () => {}, clock, log: shared.log };
    units.harnesses.set(name, new Harness(options));
  }
  t.after(() => units.stop());
  await units.run();
  t.mock.timers.tick(3_000);
  units.hurry(new Set(['containers', 'netstat', 'sockets']));
  t.mock.timers.tick(0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(polls, { cgroups: 2, conntrack: 1, netstat: 2, sockstat: 1 });
});

test('only what is switched on is loaded and made', async () => {
  const registry = new MetricRegistry(clock);
  const { metrics: _, paths: __, ...shared } = testContext(registry.writers({}), { clock });
  const units = new Units(registry, shared);
  const flags = Object.fromEntries(COLLECTORS.map(({ name }) => [`collectors.${name}.enabled`, 'false']));
  for (const name of ['expiry', 'sockstat']) flags[`collectors.${name}.enabled`] = 'true';
  const { config } = loadConfig({ file: undefined, environment: {}, flags });
  const loaded = await units.load(config);
  assert.deepEqual([...loaded.keys()], ['sockstat', 'expiry']);
  units.build(config, loaded);
  assert.deepEqual([...units.harnesses.keys()], ['sockstat', 'expiry']);
});

test('somebody reads each thing that verdicts wait for', async () => {
  const answering: [string, unknown][] = [];
  for (const unit of COLLECTORS) {
    const one = unit as unknown as CollectorUnit<z.ZodType<UnitConfig>, MetricTable>;
    const context = testContext(new MetricRegistry(clock).writers(one.metrics));
    const create = await one.load();
    const collector = create(one.schema.parse({}), context);
    if ('answersDoubts' in collector) answering.push([one.name, collector.answersDoubts]);
  }
  assert.deepEqual(Object.fromEntries(answering), {
    ...{ cgroups: 'containers', conntrack: 'conntrack', endpoints_file: 'endpoints', netstat: 'netstat' },
    // Only while it is asked for something.
    listeners: null,
  });
});

test('what there was no time for is taken over next, and before the metrics are saved', async () => {
  const registry = new MetricRegistry(clock);
  const { metrics: _, paths: __, ...shared } = testContext(registry.writers({}), { clock });
  const units = new Units(registry, shared);
  const waiting = { sockstat: 3, netstat: 1 };
  for (const name of ['sockstat', 'netstat'] as const) {
    const collector = {
      poll: () => ({ state: 'ok', detail: '' }) as const,
      flush: (untilMs = Number.POSITIVE_INFINITY) => {
        do waiting[name] = Math.max(0, waiting[name] - 1);
        while (waiting[name] > 0 && performance.now() < untilMs);
        return waiting[name] === 0;
      },
    };
    const writers = registry.writers(HARNESS_METRICS);
    const options = { name, collector, intervalMs: 15_000, writers, resetGauges: () => {}, clock, log: shared.log };
    units.harnesses.set(name, new Harness(options));
  }
  assert.equal(units.flush(0), false);
  assert.deepEqual(waiting, { sockstat: 2, netstat: 0 }, 'one that is done does not hide another that is not');
  const metrics = units.persistentMetrics();
  assert.equal(metrics.prepare?.(), true);
  waiting.sockstat = 1000;
  metrics.save();
  assert.equal(waiting.sockstat, 0);
});
