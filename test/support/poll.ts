import type { z } from 'zod';
import type { MetricTable } from '../../src/contract/metrics.ts';
import type { Collector, CollectorUnit, Outcome, UnitConfig } from '../../src/contract/unit.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from './context.ts';

export interface Running {
  readonly collector: Collector;
  poll(): Promise<Outcome>;
  /** The sample lines that /metrics would show for families that start with `prefix`, sorted. */
  samples(prefix?: string): Promise<string[]>;
}

/** One collector with a real registry, without the harness. */
export async function startUnit<S extends z.ZodType<UnitConfig>, T extends MetricTable>(
  unit: CollectorUnit<S, T>,
  config: object,
  paths: { proc?: string; root?: string } = {},
): Promise<Running> {
  const clock = { now: () => Date.now() };
  const registry = new MetricRegistry(clock);
  const context = testContext(registry.writers(unit.metrics), { clock, paths: { proc: '/proc', root: '', ...paths } });
  const create = await unit.load();
  const collector = create(unit.schema.parse(config), context);
  return {
    collector,
    poll: async () => await collector.poll(new AbortController().signal),
    samples: async (prefix = 'badgateway_') => {
      const text = (await registry.render('text', 'test')).toString();
      return text
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .sort();
    },
  };
}
