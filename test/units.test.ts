import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type * as z from 'zod';
import { HARNESS_METRICS, Harness } from '../src/collectors/harness.ts';
import { COLLECTORS } from '../src/collectors/index.ts';
import type { MetricTable } from '../src/contract/metrics.ts';
import type { CollectorUnit, UnitConfig } from '../src/contract/unit.ts';
import { MetricRegistry } from '../src/metrics/registry.ts';
import { Units } from '../src/units.ts';
import { testContext } from './support/context.ts';

const clock = { now: () => Date.now() };

test('what can decide a verdict that waits is polled when one does, all others go on as before', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const registry = new MetricRegistry(clock);
  const { metrics: _, paths: __, ...shared } = testContext(registry.writers({}), { clock });
  const units = new Units(registry, shared);
  const polls = { cgroups: 0, netstat: 0, sockstat: 0 };
  for (const name of ['cgroups', 'netstat', 'sockstat'] as const) {
    const collector = {
      answersDoubts: name !== 'sockstat',
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
  units.hurry();
  t.mock.timers.tick(0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(polls, { cgroups: 2, netstat: 2, sockstat: 1 });
});

test('these collectors answer doubts', () => {
  const answering = COLLECTORS.filter((unit) => {
    const one = unit as unknown as CollectorUnit<z.ZodType<UnitConfig>, MetricTable>;
    const context = testContext(new MetricRegistry(clock).writers(one.metrics));
    // Some do only while they are asked for something.
    return one.create(one.schema.parse({}), context).answersDoubts !== undefined;
  }).map(({ name }) => name);
  for (const name of ['netstat', 'conntrack', 'listeners', 'cgroups', 'endpoints_file'] as const)
    assert.ok(answering.includes(name), name);
});
