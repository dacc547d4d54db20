import type { MetricTable } from '../../src/contract/metrics.ts';
import type { Collector, CollectorContext, Outcome } from '../../src/contract/unit.ts';
import type { UpstreamsView } from '../../src/contract/upstream.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { testContext } from './context.ts';

/** A collector of upstreams with all that it says, at a time that the test sets. */
export class UpstreamWatch<T extends MetricTable> {
  readonly collector: Collector;
  readonly views = new Map<string, UpstreamsView>();
  nowMs = 1_000_000;
  readonly #registry: MetricRegistry;

  constructor(
    metrics: T,
    create: (context: CollectorContext<T>) => Collector,
    paths: { proc: string; root: string } = { proc: '/proc', root: '' },
  ) {
    const clock = { now: () => this.nowMs };
    this.#registry = new MetricRegistry(clock);
    this.collector = create(
      testContext<T>(this.#registry.writers(metrics), {
        clock,
        paths,
        upstreams: {
          report: (key, view) => void this.views.set(key, view),
          suspend: (key) => void this.views.delete(key),
          remove: (key) => void this.views.delete(key),
        },
      }),
    );
  }

  async poll(signal = new AbortController().signal): Promise<Outcome> {
    return await this.collector.poll(signal);
  }

  /** The only view. */
  view(): UpstreamsView | undefined {
    return [...this.views.values()][0];
  }

  /** `upstream=host:port` of all views, with `!` for what drains. */
  servers(): string[] {
    return [...this.views.values()].flatMap(({ upstreams }) =>
      upstreams.flatMap(({ name, servers }) =>
        servers.map(({ host, port, isDraining }) => `${name}=${host}:${port}${isDraining ? '!' : ''}`),
      ),
    );
  }

  /** True values by the last label, or by gateway; series at 0 are left out. */
  values(name: string, label = 'gateway'): Record<string, number> {
    const entries = [...(this.#registry.get(name)?.entries() ?? [])].filter(({ value }) => value !== 0);
    return Object.fromEntries(entries.map(({ labels, value }) => [labels[label], value]));
  }

  /** Number of series. */
  series(name: string): number {
    return [...(this.#registry.get(name)?.entries() ?? [])].length;
  }
}
