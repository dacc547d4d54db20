import type { App } from './app.ts';
import type { MetricsSource } from './http/views.ts';
import { publishNetworks } from './metrics/networks.ts';
import { CONTENT_TYPES } from './metrics/registry.ts';
import { TAKE_OVER_MS } from './units.ts';

/** /metrics answers 503 while the tail catches up, but no longer than this. */
const LONGEST_CATCH_UP_MS = 10_000;

/** What /metrics, /-/ready and /-/healthy show of the program. */
export function metricsSource(app: App): MetricsSource {
  return {
    render: async (format, scraper) => {
      app.units.flush(TAKE_OVER_MS);
      app.truth.publish();
      app.judging.publish();
      app.incidents.publish();
      publishNetworks(app.networks, app.node.last(), app.clock.now());
      app.own.checkpoint.set({}, app.checkpoint.state().ok ? 1 : 0);
      const { parts, release } = await app.registry.page(format, scraper);
      return { contentType: CONTENT_TYPES[format], parts, release };
    },
    ready: () => ({ ready: true, reason: 'configuration loaded' }),
    catchingUp: () => {
      if (app.clock.now() - app.startedMs > LONGEST_CATCH_UP_MS || app.units.caughtUp()) return null;
      return 'the logs written before the start are still being read';
    },
  };
}
