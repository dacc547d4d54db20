import { configSchema } from '../../src/config/schema.ts';
import type { Service } from '../../src/contract/cluster.ts';
import type { EndpointSlice } from '../../src/contract/endpoint.ts';
import { MetricRegistry } from '../../src/metrics/registry.ts';
import { Truth } from '../../src/truth.ts';
import { UpstreamReports } from '../../src/upstream-report.ts';

/** A Truth that is fed by hand, with its reports; `wait` lets time pass, and looks. */
export function createTruth({ nowMs = Date.parse('2026-11-21T03:00:00Z'), mostListed = 10_000 } = {}) {
  const clock = { now: () => nowMs };
  const { upstreams: config } = configSchema().parse({});
  const truth = new Truth({ config, clock, registry: new MetricRegistry(clock), checkpoint: { register() {} } });
  const reports = new UpstreamReports({ truth, clock, staleAfterMs: config.stale_after, mostListed });
  return {
    truth,
    reports,
    now: () => nowMs,
    /** A Service with one port, http = 80. */
    service(key: string, more: Partial<Service> = {}): void {
      const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
      const base = { clusterIps: [], externalName: '', publishNotReadyAddresses: false };
      truth.cluster.set('services', { key, ports, ...base, ...more });
    },
    /** All that was said of the cluster is complete. */
    current(...slices: readonly EndpointSlice[]): void {
      for (const one of slices) truth.cluster.set('endpointslices', one);
      truth.cluster.current('services', nowMs);
      truth.cluster.current('endpointslices', nowMs);
    },
    wait(milliseconds: number): void {
      truth.look();
      nowMs += milliseconds;
      truth.look();
    },
  };
}
