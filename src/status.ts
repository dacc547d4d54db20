import type { App } from './app.ts';
import type { Harness } from './collectors/harness.ts';
import type { Cause } from './contract/names.ts';
import type { CollectorStatus, StatusReport, StatusSource } from './http/views.ts';
import { FAILURE_METRICS } from './metrics/failures.ts';
import { TAKE_OVER_MS } from './units.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** What the page and the API ask for. */
export function statusSource(app: App): StatusSource {
  return {
    status: () => {
      app.units.flush(TAKE_OVER_MS);
      return reportStatus(app);
    },
    upstreams: (query) => app.reports.report(query),
    incidents: (query) => app.incidents.report(query),
    incident: (id) => app.incidents.incident(id),
    history: () => app.history.report(),
  };
}

/** All that /api/v1/status shows, of what has been taken over from the collectors. */
export function reportStatus(app: App): StatusReport {
  app.truth.look();
  const { ok, detail } = app.checkpoint.state();
  return {
    version: app.version,
    startedAt: iso(app.startedMs),
    role: app.config.role,
    config: {
      source: app.loaded.source,
      lastReloadSuccessful: app.lastReload?.ok ?? true,
      lastReloadAt: app.lastReload ? iso(app.lastReload.atMs) : null,
    },
    checkpoint: { state: ok ? 'ok' : 'failed', detail },
    collectors: [...app.units.harnesses.values()].map(
      ({ status, collector, intervalMs }): CollectorStatus => ({
        name: status.name,
        state: status.state,
        detail: status.detail,
        lastSuccessAt: status.lastSuccessMs === null ? null : iso(status.lastSuccessMs),
        durationMs: status.durationMs,
        intervalMs,
        targets: collector.targets?.() ?? [],
      }),
    ),
    discovery: [...app.units.harnesses.values()].flatMap(found),
    totals: totals(app),
    links: [],
  };
}

/** Its own sentences, else the outcome of its last poll. */
function found({ status, collector }: Harness): readonly string[] {
  const notes = collector.notes?.() ?? [];
  return notes.length > 0 ? notes : [`${status.name}: ${status.detail}`];
}

function totals(app: App): StatusReport['totals'] {
  const sums = new Map<string, { gateway: string; cause: Cause; count: number }>();
  for (const { labels, value } of app.registry.get(FAILURE_METRICS.failures.name)?.entries() ?? []) {
    if (value === 0) continue;
    const key = `${labels.gateway}\xff${labels.cause}`;
    const row = sums.get(key) ?? { gateway: labels.gateway, cause: labels.cause as Cause, count: 0 };
    row.count += value;
    sums.set(key, row);
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
