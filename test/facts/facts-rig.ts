import type { Observation } from '../../src/contract/failure.ts';
import type { GatewaySettings } from '../../src/contract/gateway-settings.ts';
import { UNKNOWN_UPSTREAM } from '../../src/contract/metrics.ts';
import type { NodeNetwork } from '../../src/contract/node.ts';
import { AnsweredPeers } from '../../src/facts/answered-peers.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import { EndpointHistory } from '../../src/facts/endpoint-history.ts';
import { KnownFacts } from '../../src/facts/known-facts.ts';
import { LastOwners } from '../../src/facts/last-owners.ts';
import { Listeners } from '../../src/facts/listeners.ts';
import { pastOwners } from '../../src/facts/past-owners.ts';
import type { Mapping } from '../../src/facts/tracked-upstream.ts';
import { UpstreamTruth } from '../../src/facts/upstream-truth.ts';
import { EDGE, view } from './views.ts';

export const START_MS = 1_000_000;

/** `cart` and `cart_…` stand for shop/cart, `pay` for shop/pay, `vip` for the address of shop/cart itself, anything else for nothing. */
const byName: Mapping['map'] = (_, { name }) => {
  const service = name.startsWith('cart') || name === 'vip' ? 'shop/cart' : name === 'pay' ? 'shop/pay' : null;
  return {
    service: service === null ? null : { service, portName: 'http' },
    portNumber: service === null ? '' : '80',
    method: service === null ? 'none' : 'name',
    reason: '',
    isStatic: name === 'vip',
  };
};

/** A failed request to 10.0.0.1:8080 of the gateway edge within the last second. */
export function failure(nowMs: number, more: Partial<Observation> = {}): Observation {
  return {
    proxy: 'nginx',
    subject: EDGE,
    symptom: 'connect_refused',
    failure: true,
    peer: { scheme: 'http', address: '10.0.0.1', port: 8080 },
    upstream: UNKNOWN_UPSTREAM,
    count: 1,
    sinceMs: nowMs - 1_000,
    atMs: nowMs,
    ...more,
  };
}

/** A network of a pod of the namespace shop, unless said otherwise. */
export function network(key: string, ips: readonly string[], more: Partial<NodeNetwork> = {}): NodeNetwork {
  const process = { pid: 10, startTicks: 5, parent: 1, comm: 'app', network: key, podUid: '', containerId: '' };
  return {
    ...{ key, identity: key, kind: 'pod', podUid: `uid-${key}`, processes: [process], ips },
    labels: { namespace: 'shop', pod: key, netns: 'pod' },
    ...{ isGateway: false, isBackend: true, hasMoved: false, isRelevant: true },
    ...more,
  };
}

/** All facts over a cluster and proxies that the test describes. The slices are followed from the start and heard of at every step. */
export function factsRig() {
  let nowMs = START_MS;
  let isHeard = true;
  const clock = { now: () => nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 180_000, wanted: () => none });
  const history = new EndpointHistory();
  cluster.listen({ slice: (before, after) => history.change(before, after, nowMs) });
  const past = { ...pastOwners(history, cluster), wasOwner: () => false };
  const upstreams = new UpstreamTruth({
    ...{ clock, cluster, ...past, viewStaleAfterMs: 180_000 },
    mapping: { map: byName, forget() {} },
  });
  const conditions = new Conditions(clock);
  const listeners = new Listeners(clock);
  const settings: GatewaySettings[] = [];
  const pending = { is: false };
  const answered = new AnsweredPeers(clock);
  const facts = new KnownFacts({
    ...{ clock, cluster, upstreams, conditions, listeners, viewStaleAfterMs: 180_000 },
    ...past,
    ...{ owners: new LastOwners({ cluster, clock }), answered },
    settings: () => settings,
    hasPending: () => pending.is,
  });
  const hear = () => {
    cluster.current('endpointslices', nowMs);
    cluster.current('pods', nowMs);
  };
  return {
    ...{ cluster, upstreams, conditions, listeners, answered, settings, pending, facts, hear },
    now: () => nowMs,
    step(milliseconds: number) {
      nowMs += milliseconds;
      if (isHeard) hear();
    },
    /** From now on nothing is heard of the cluster. */
    quiet() {
      isHeard = false;
    },
    uses(names: Parameters<typeof view>[0], more: Parameters<typeof view>[1] = {}) {
      upstreams.report('conf', view(names, { readAtMs: nowMs, ...more }));
    },
    failed: (more: Partial<Observation> = {}) => failure(nowMs, more),
  };
}
