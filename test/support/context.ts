import type { MetricTable, Writers } from '../../src/contract/metrics.ts';
import type { CollectorContext } from '../../src/contract/unit.ts';

const ignore = () => {};

/** What a collector is given, with sinks that take everything and say nothing; tests replace those they look at. */
export function testContext<T extends MetricTable>(
  metrics: Writers<T>,
  parts: Partial<Omit<CollectorContext<T>, 'metrics'>> = {},
): CollectorContext<T> {
  return {
    metrics,
    sink: { observe: ignore, present: ignore },
    upstreams: { report: ignore, remove: ignore },
    addresses: { used: ignore, held: ignore },
    cluster: {
      set: ignore,
      delete: ignore,
      expect: ignore,
      current: ignore,
      interrupted: ignore,
      forget: ignore,
      doubtMs: () => null,
      wanted: () => ({ namespaces: [], names: [], hasUnnamed: false }),
    },
    node: { look: () => Promise.resolve({ atMs: 0, processes: new Map(), networks: [], notes: [] }) },
    settings: { report: ignore, all: () => [] },
    conditions: { condition: ignore },
    clock: { now: () => Date.now() },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    paths: { proc: '/proc', root: '' },
    checkpoint: { register: ignore },
    ...parts,
  };
}
