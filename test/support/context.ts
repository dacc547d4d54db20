import type { MetricTable, Writers } from '../../src/contract/metrics.ts';
import { DURATION_BUCKETS } from '../../src/contract/traffic.ts';
import type { CollectorContext } from '../../src/contract/unit.ts';
import { NodeWatch } from '../../src/sources/node/node-watch.ts';

const ignore = () => {};

/**
 * What a collector is given, with sinks that take everything and say nothing and a look at what is in `paths.proc`; tests replace
 * what they look at.
 */
export function testContext<T extends MetricTable>(
  metrics: Writers<T>,
  parts: Partial<Omit<CollectorContext<T>, 'metrics'>> = {},
): CollectorContext<T> {
  const { clock = { now: () => Date.now() }, paths = { proc: '/proc', root: '' } } = parts;
  return {
    metrics,
    sink: { observe: ignore, present: ignore },
    traffic: {
      buckets: DURATION_BUCKETS,
      ...{ follows: ignore, leaves: ignore, gateway: ignore, upstream: ignore, isFollowed: () => false },
    },
    upstreams: { report: ignore, suspend: ignore, remove: ignore },
    addresses: { used: ignore, held: ignore, looked: ignore },
    cluster: {
      servicePods: { listed: ignore, forget: ignore },
      controllers: { found: ignore },
      set: ignore,
      delete: ignore,
      expect: ignore,
      current: ignore,
      interrupted: ignore,
      forget: ignore,
      doubtMs: () => null,
      wanted: () => ({ namespaces: [], names: [], hasUnnamed: false }),
    },
    node: new NodeWatch({ paths: () => paths, clock, upstreamAddresses: () => new Set() }),
    settings: { report: ignore, all: () => [] },
    listeners: { listening: ignore, wanted: () => new Set() },
    evidence: { counted: ignore, uncounted: ignore, ended: ignore, changed: ignore },
    workloads: { proxied: () => null, unready: () => [], gateways: () => [] },
    conditions: { condition: ignore },
    clock,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    paths,
    checkpoint: { register: ignore },
    ...parts,
  };
}
