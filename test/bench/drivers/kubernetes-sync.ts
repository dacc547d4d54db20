import { setTimeout as wait } from 'node:timers/promises';
import { kubernetes } from '../../../src/collectors/kubernetes.ts';
import { KubernetesCollector } from '../../../src/collectors/kubernetes-collector.ts';
import { ClusterState } from '../../../src/facts/cluster-state.ts';
import { MetricRegistry } from '../../../src/metrics/registry.ts';
import { TIMING } from '../../../src/sources/kubernetes/timing.ts';
import { testContext } from '../../support/context.ts';
import { NAMESPACES } from './kubernetes-cluster.ts';

/**
 * The collector on the API server of KUBECONFIG: until SLICES slices are known, then for WATCH_SECONDS more with all times
 * divided by FASTER. Prints one JSON line.
 */
const [kubeconfig, ...numbers] = process.argv.slice(2);
const [slices, watchSeconds, faster] = numbers.map(Number);

const timing = {
  ...TIMING,
  idleMs: TIMING.idleMs / faster,
  watchGraceMs: TIMING.watchGraceMs / faster,
  healthyMs: TIMING.healthyMs / faster,
  shortestWatchMs: TIMING.shortestWatchMs / faster,
  relistMs: TIMING.relistMs / faster,
};
const clock = { now: () => Date.now() };
const registry = new MetricRegistry(clock);
const namespaces = Array.from({ length: NAMESPACES }, (_, index) => `team-${index}`);
const state = new ClusterState({
  clock,
  staleAfterMs: 180_000,
  wanted: () => ({ namespaces, names: [], hasUnnamed: false }),
});
const collector = new KubernetesCollector(
  kubernetes.schema.parse({ kubeconfig, pods: 'off' }),
  testContext(registry.writers(kubernetes.metrics), { cluster: state, clock }),
  { environment: {}, timing, debounceMs: 10 },
);

// Unbundled it takes half a second to load; the part that the bundle has takes some 15 ms.
await import('@kubernetes/client-node');
let last = performance.now();
let stallMs = 0;
const ticks = setInterval(() => {
  const now = performance.now();
  stallMs = Math.max(stallMs, now - last);
  last = now;
}, 1);
const started = performance.now();
while (state.sizes().endpointslices < slices || state.freshness('endpointslices') !== 'fresh') {
  await collector.poll();
  await wait(20);
}
const syncSeconds = (performance.now() - started) / 1000;
const result = { syncSeconds, stallMs, rssMb: process.memoryUsage.rss() / 2 ** 20 };
clearInterval(ticks);
const value = (name: string) => {
  let sum = 0;
  for (const row of registry.get(name)?.entries() ?? []) sum += row.value;
  return sum;
};
const restarts = () => value('badgateway_watch_restarts_total');
const connections = () => value('badgateway_kubernetes_connections_total');
const before = { restarts: restarts(), connections: connections() };
// All watches are compared with a list once: while every connection carries a watch, the lists need one of their own.
const comparedMs = Math.min(1.3 * timing.relistMs, watchSeconds * 1000);
await wait(comparedMs);
const compared = connections();
await wait(watchSeconds * 1000 - comparedMs);
console.log(
  JSON.stringify({
    ...result,
    restarts: restarts() - before.restarts,
    forLists: compared - before.connections,
    connections: connections() - compared,
    drift: value('badgateway_relist_drift_total'),
  }),
);
await collector.stop();
process.exit(0);
