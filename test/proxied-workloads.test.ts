import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterObjects, Pod } from '../src/contract/cluster.ts';
import type { WorkloadView } from '../src/contract/workloads.ts';
import { ClusterState } from '../src/facts/cluster-state.ts';
import { DeathGapWindows } from '../src/facts/death-gap-window.ts';
import { Listeners } from '../src/facts/listeners.ts';
import type { TrackedUpstream } from '../src/facts/tracked-upstream.ts';
import { NO_ADDRESSES } from '../src/facts/upstream-comparison.ts';
import { ProxiedWorkloads } from '../src/proxied-workloads.ts';
import { endpoint, slice } from './facts/slices.ts';
import { EDGE, view } from './facts/views.ts';

const NOW = 1_000_000;
const clock = { now: () => NOW };
const PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'metrics', port: 9090, targetPort: 9090 },
];

function podOf(name: string, ip: string, more: Partial<Pod> = {}): Pod {
  return {
    ...{ key: `shop/${name}`, uid: `uid-${ip}`, nodeName: 'node-a', phase: 'Running', ips: [ip] },
    ...{ hostNetwork: false, ready: true, deletedAtMs: null, containers: [], ...more },
  };
}

function upstreamOf(service: string, portNumber = '80', unready = 0): TrackedUpstream {
  const mapped = { service: { service, portName: 'http' }, portNumber, method: 'name', reason: '', isStatic: false };
  const compared = { counts: { ...NO_ADDRESSES, not_ready: unready } };
  return { key: service, view: view({}), mapped, compared } as unknown as TrackedUpstream;
}

function ground(upstreams: readonly TrackedUpstream[] = [upstreamOf('shop/cart')]) {
  const cluster = new ClusterState({
    ...{ clock, staleAfterMs: 60_000 },
    wanted: () => ({ namespaces: [], names: [], hasUnnamed: false }),
  });
  const gaps = new DeathGapWindows();
  const listeners = new Listeners(clock);
  const service = { clusterIps: [], externalName: '', publishNotReadyAddresses: false, ports: PORTS };
  cluster.set('services', { key: 'shop/cart', ...service } satisfies ClusterObjects['services']);
  cluster.set('endpointslices', slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
  cluster.set('pods', podOf('cart-1', '10.0.0.1'));
  const workloads = new ProxiedWorkloads({
    ...{ clock, cluster, gaps, listeners },
    upstreams: { upstreams: () => [...upstreams], views: () => [view({})] },
  });
  const current = () => {
    for (const resource of ['endpointslices', 'pods'] as const) cluster.current(resource, NOW);
  };
  return { cluster, gaps, listeners, workloads, current };
}

function podsOf(proxied: ReturnType<WorkloadView['proxied']>) {
  assert.ok(proxied?.isKnown);
  return proxied.pods;
}

test('pods behind the Services that upstreams stand for, with the ports that are used and the measured figure', () => {
  const { workloads, gaps, listeners, current } = ground();
  current();
  const key = (gateway: string, service = 'cart') => JSON.stringify(['gw', '', '', gateway, 'nginx', 'shop', service]);
  gaps.add(key('edge'), 5_200, NOW);
  gaps.add(key('other'), 9_000, NOW);
  gaps.add(key('edge', 'web'), 60_000, NOW);
  gaps.add('not JSON', 60_000, NOW);
  const sockets = [{ ip: '0.0.0.0', port: 9090 }];
  const seen = { isWhole: true, isTableWhole: true, atMs: NOW, untilMs: NOW + 60_000 };
  listeners.listening('n1', { ips: ['10.0.0.1'], sockets, ...seen });
  const [one, ...others] = podsOf(workloads.proxied());
  assert.equal(others.length, 0);
  assert.equal(one.pod.key, 'shop/cart-1');
  assert.deepEqual(one.services, [{ key: 'shop/cart', ports: [PORTS[0]], recommendedPreStopSeconds: 10 }]);
  assert.deepEqual(one.listens(8080), { state: 'port_mismatch', others: [9090], atMs: NOW });
  assert.equal(one.listens(9090).state, 'listening');
  assert.deepEqual(workloads.gateways(), [EDGE]);
});

test('without a measured gap there is no figure, and without sight of its sockets a pod says nothing of them', () => {
  const { workloads, current } = ground();
  current();
  const [one] = podsOf(workloads.proxied());
  assert.equal(one.services[0].recommendedPreStopSeconds, null);
  assert.deepEqual(one.listens(8080), { state: 'unknown', others: [], atMs: null });
});

test('pods that end or are not behind such a Service, and those with an address that was another pod’s, are none', () => {
  const { workloads, cluster, current } = ground();
  current();
  cluster.set('pods', podOf('cart-2', '10.0.0.2', { deletedAtMs: NOW }));
  cluster.set('pods', podOf('cart-3', '10.0.0.2', { phase: 'Succeeded', uid: 'uid-3' }));
  cluster.set('pods', podOf('cart-4', '10.0.0.1', { uid: 'uid-4' }));
  cluster.set('pods', podOf('web-1', '10.0.0.9'));
  assert.deepEqual(
    podsOf(workloads.proxied()).map(({ pod }) => pod.key),
    ['shop/cart-1'],
  );
  const { workloads: unused, current: read } = ground([]);
  read();
  assert.deepEqual(podsOf(unused.proxied()), []);
});

test('a port that is not known, or a Service that is not, is not told', () => {
  const { workloads, current, cluster } = ground([upstreamOf('shop/cart', '')]);
  current();
  assert.deepEqual(podsOf(workloads.proxied())[0].services[0].ports, []);
  cluster.delete('services', 'shop/cart');
  assert.equal(podsOf(workloads.proxied())[0].services[0].ports, null);
});

test('what is not watched, not read or old says nothing', () => {
  const { workloads, cluster, current } = ground();
  assert.equal(workloads.proxied(), null);
  cluster.current('endpointslices', NOW);
  assert.deepEqual(workloads.proxied(), { isKnown: false, why: 'pods are not watched' });
  cluster.expect('pods');
  assert.deepEqual(workloads.proxied(), { isKnown: false, why: 'pods are not read yet' });
  current();
  assert.equal(workloads.proxied()?.isKnown, true);
  cluster.forget('pods');
  cluster.current('pods', NOW - 61_000);
  assert.deepEqual(workloads.proxied(), { isKnown: false, why: 'pods are not current' });
});

test('Services with trouble: those without a ready endpoint first, only with a selector, and only while all is current', () => {
  const names = ['shop/cart', 'shop/web', 'shop/pay', 'shop/manual'];
  const upstreams = names.map((name) => upstreamOf(name, '80', name === 'shop/web' ? 1 : 0));
  const { cluster, workloads, current } = ground(upstreams);
  const service = { clusterIps: [], externalName: '', publishNotReadyAddresses: false, ports: PORTS };
  for (const key of ['shop/cart', 'shop/web', 'shop/pay'])
    cluster.set('services', { key, ...service, selector: 'app=x' });
  cluster.set('services', { key: 'shop/manual', ...service });
  const unready = endpoint('10.0.0.3', { ready: false });
  cluster.set('endpointslices', slice('w', [endpoint('10.0.0.9'), unready], { service: 'shop/web' }));
  cluster.set('endpointslices', slice('p', [unready], { service: 'shop/pay' }));
  const keys = () => workloads.unready().map(({ key }) => key);
  assert.deepEqual(keys(), []);
  current();
  cluster.current('services', NOW);
  assert.deepEqual(keys(), ['shop/pay', 'shop/web']);
});
