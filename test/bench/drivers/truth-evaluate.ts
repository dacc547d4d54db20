import type { EndpointSlice } from '../../../src/contract/endpoint.ts';
import type { UpstreamsView } from '../../../src/contract/upstream.ts';
import { ClusterState } from '../../../src/facts/cluster-state.ts';
import { EndpointHistory } from '../../../src/facts/endpoint-history.ts';
import { ServiceMapping } from '../../../src/facts/service-mapping.ts';
import { UpstreamTruth } from '../../../src/facts/upstream-truth.ts';
import { addressOf } from './kubernetes-cluster.ts';

/**
 * 10,000 servers of 1,000 upstreams against 100,000 endpoints: one slice changes, and all slices change. Prints one JSON line
 * with milliseconds: the median of each.
 */
const UPSTREAMS = 1000;
const SERVERS = 10;
const OTHER_SERVICES = 900;
const OTHER_ENDPOINTS = 100;
const ROUNDS = 15;

let nowMs = 1e12;
const clock = { now: () => nowMs };
const none = { namespaces: [], names: [], hasUnnamed: false };
const cluster = new ClusterState({ clock, staleAfterMs: 1e9, wanted: () => none });
const history = new EndpointHistory();
cluster.listen({ slice: (before, after) => history.change(before, after, nowMs) });
const mapping = new ServiceMapping({ clock, services: cluster, history });
const truth = new UpstreamTruth({
  ...{ clock, cluster, mapping, viewStaleAfterMs: 1e9 },
  wasOwner: (service, ip, podUid) => history.wasOwner(service, ip, podUid),
});

function sliceOf(service: number, unready: number): EndpointSlice {
  const isOurs = service < UPSTREAMS;
  const first = isOurs ? service * SERVERS : UPSTREAMS * SERVERS + (service - UPSTREAMS) * OTHER_ENDPOINTS;
  const endpoints = Array.from({ length: isOurs ? SERVERS : OTHER_ENDPOINTS }, (_, index) => ({
    ip: addressOf(first + index),
    ready: index !== unready,
    ...{ serving: index !== unready, terminating: false, podName: `svc-${service}-${index}` },
    podUid: `uid-${first + index}`,
  }));
  const ports = [{ name: 'http', number: 8080 }];
  return { key: `team/svc-${service}-abcde`, service: `team/svc-${service}`, ports, endpoints };
}

for (let service = 0; service < UPSTREAMS + OTHER_SERVICES; service++) {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  const key = `team/svc-${service}`;
  cluster.set('services', { key, ports, clusterIps: [], externalName: '', publishNotReadyAddresses: false });
  cluster.set('endpointslices', sliceOf(service, -1));
}
cluster.current('services', nowMs);
cluster.current('endpointslices', nowMs);
const view: UpstreamsView = {
  proxy: 'nginx',
  subject: { namespace: '', pod: '', container: '', gateway: 'edge' },
  source: 'nginx_config',
  upstreams: Array.from({ length: UPSTREAMS }, (_, service) => ({
    name: `team_svc-${service}_80`,
    alias: '',
    servers: Array.from({ length: SERVERS }, (_, index) => ({
      ...({ kind: 'ip', port: 8080, isDraining: false, place: 'http.conf:1' } as const),
      host: addressOf(service * SERVERS + index),
    })),
  })),
  readAtMs: nowMs,
};
truth.report('edge', view);

function settle(): void {
  for (let look = 0; look < 3; look++) {
    nowMs += 4000;
    truth.evaluate();
  }
}

function timed(change: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    settle();
    const started = performance.now();
    change();
    truth.evaluate();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[ROUNDS >> 1];
}

let round = 0;
const oneMs = timed(() => cluster.set('endpointslices', sliceOf(round++ % UPSTREAMS, round % SERVERS)));
const allMs = timed(() => {
  round++;
  for (let service = 0; service < UPSTREAMS; service++)
    cluster.set('endpointslices', sliceOf(service, round % SERVERS));
});
const judged = truth
  .upstreams()
  .reduce((sum, { compared }) => sum + compared.counts.live + compared.counts.not_ready, 0);
if (judged !== UPSTREAMS * SERVERS) throw new Error(`${judged} addresses are judged`);
console.log(JSON.stringify({ oneMs, allMs }));
