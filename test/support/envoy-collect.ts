import { envoySchema } from '../../src/collectors/envoy.ts';
import { createEnvoyCollector } from '../../src/collectors/envoy-collector.ts';
import { ENVOY_METRICS } from '../../src/collectors/envoy-metrics.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { Collector } from '../../src/contract/unit.ts';
import type { UpstreamsView } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from './context.ts';
import { EvidenceSeen } from './evidence-seen.ts';

export interface EnvoyWatch {
  readonly collector: Collector;
  readonly observations: Observation[];
  /** What was reported as in use, by view. */
  readonly views: Map<string, UpstreamsView>;
  /** The views that stood when the first failure of the poll was observed. */
  readonly viewsAtFailure: UpstreamsView[];
  /** How long its access log takes, as it was told: step and milliseconds. */
  readonly lags: (readonly [step: string, mostMs: number])[];
  readonly evidence: EvidenceSeen;
  readonly clock: { ms: number; now(): number };
  poll(): Promise<void>;
  /** Polls and returns what was observed by it: `symptom` counts of failures, of one upstream. */
  failures(upstream: string): Record<string, number>;
  symptoms(upstream: string): Record<string, number>;
  /** Sample lines of /metrics that start with `prefix`, sorted. */
  samples(prefix: string): Promise<string[]>;
}

function countBy(observations: readonly Observation[], failure: boolean, upstream: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const seen of observations)
    if (seen.upstream.upstream === upstream && seen.failure === failure)
      counts[seen.symptom] = (counts[seen.symptom] ?? 0) + seen.count;
  return counts;
}

/** The Envoy collector with a real registry and a clock that stands still. `ports`: where discovery looks. */
export function watchEnvoy(config: object, ports: readonly number[] = []): EnvoyWatch {
  const clock = { ms: Date.now(), now: () => clock.ms };
  const registry = new MetricRegistry(clock);
  const observations: Observation[] = [];
  const evidence = new EvidenceSeen();
  const views = new Map<string, UpstreamsView>();
  const viewsAtFailure: UpstreamsView[] = [];
  const lags: (readonly [step: string, mostMs: number])[] = [];
  const observe = (seen: Observation) => {
    if (observations.length === 0) viewsAtFailure.splice(0, viewsAtFailure.length, ...views.values());
    observations.push(seen);
  };
  const collector = createEnvoyCollector(
    envoySchema().parse(config),
    testContext(registry.writers(ENVOY_METRICS), {
      sink: { observe, present: () => {}, lags: (_, __, step, mostMs) => void lags.push([step, mostMs]) },
      upstreams: {
        report: (key, view) => void views.set(key, view),
        suspend() {},
        remove: (key) => void views.delete(key),
      },
      ...{ clock, evidence },
    }),
    ports,
  );
  return {
    collector,
    observations,
    views,
    viewsAtFailure,
    lags,
    evidence,
    clock,
    poll: async () => {
      observations.length = 0;
      await collector.poll(new AbortController().signal);
    },
    failures: (upstream) => countBy(observations, true, upstream),
    symptoms: (upstream) => countBy(observations, false, upstream),
    samples: async (prefix) => {
      // A counter born a moment ago is shown at 0 first.
      clock.ms += 600_000;
      const text = (await registry.render('text', 'test')).toString();
      return text
        .split('\n')
        .filter((line) => line.startsWith(prefix))
        .sort();
    },
  };
}
