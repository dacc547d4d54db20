import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NONE_PENDING } from '../../support/envoy-rig.ts';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { untilWithin } from '../readiness.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { onePodEnvoy } from './sockets.ts';
import { twins } from './twins.ts';

export const NOWHERE = { upstream: '', upstream_namespace: '', upstream_service: '', upstream_port: '' };
const MOST_FILES = 40;
const RBAC = 'type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC';

/** Requests are held until the worker can accept one client more and has no descriptor for its upstream. */
async function leaveOneDescriptor({ nginx, front, cleanup }: Scene): Promise<void> {
  const [worker] = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ');
  // One that was inherited may have a higher number.
  const free = () => MOST_FILES - readdirSync(`/proc/${worker}/fd`).filter((fd) => Number(fd) < MOST_FILES).length;
  const take = async (request: string) => {
    const before = free();
    const socket = connect(front, () => socket.write(request)).on('error', () => {});
    cleanup.after(() => socket.destroy());
    await untilWithin(
      5000,
      async () => free() < before,
      () => 'a descriptor is taken',
    );
  };
  while (free() > 2) {
    await take('GET /held HTTP/1.1\r\nHost: shop.example\r\n\r\n');
    // The upstream's comes after the client's.
    await delay(20);
  }
  if (free() === 2) await take('');
}

export const GATEWAY_FAULTS: readonly Fault[] = [
  {
    name: 'worker-connections',
    proxy: 'nginx',
    what: 'worker_connections are too few for a connection to the upstream',
    expected: { worker_connections_exhausted: 1 },
    symptoms: ['worker_connections_exhausted'],
    upstream: {},
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      // Two listeners, the channel to the master and the client: none for the upstream.
      await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], { events: 'worker_connections 4;' });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'file-descriptors',
    proxy: 'nginx',
    what: 'the worker may open no further file (24)',
    expected: { fds_exhausted: 1 },
    symptoms: ['fds_exhausted'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { does: 'silent' });
      scene.service('cart', [pod.endpoint()]);
      await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], { main: `worker_rlimit_nofile ${MOST_FILES};` });
      await scene.watch();
      await leaveOneDescriptor(scene);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'circuit-open-envoy',
    proxy: 'envoy',
    what: 'the circuit breaker allows no pending request',
    expected: { circuit_open: 1 },
    symptoms: ['circuit_open'],
    async stage(scene) {
      await onePodEnvoy(scene, {}, NONE_PENDING);
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'no-healthy-upstream-envoy',
    proxy: 'envoy',
    what: 'the pod is ready and answers the health checks of Envoy with 500',
    expected: { no_healthy_upstream: 1 },
    symptoms: ['no_healthy_upstream'],
    async stage(scene) {
      const check = { timeout: '0.2s', interval: '0.2s', unhealthy_threshold: 1, healthy_threshold: 1 };
      await onePodEnvoy(
        scene,
        {},
        {
          health_checks: [{ ...check, http_health_check: { path: '/health' } }],
          common_lb_config: { healthy_panic_threshold: { value: 0 } },
        },
      );
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'storm-not-listening-envoy',
    proxy: 'envoy',
    what: 'nothing listens any more: outlier detection ejects the only host, then no healthy upstream',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused', 'no_healthy_upstream'],
    async stage(scene) {
      const outlier_detection = {
        consecutive_5xx: 2,
        interval: '0.2s',
        base_ejection_time: '60s',
        max_ejection_percent: 100,
      };
      const pod = await onePodEnvoy(
        scene,
        {},
        {
          outlier_detection: { ...outlier_detection, always_eject_one_host: true },
          common_lb_config: { healthy_panic_threshold: { value: 0 } },
        },
      );
      await scene.watch();
      await pod.closeListener();
      await delay(300);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'no-endpoints-envoy',
    proxy: 'envoy',
    what: 'Service scaled to 0, the cluster has no host',
    expected: { no_endpoints: 1 },
    symptoms: ['no_healthy_upstream'],
    async stage(scene) {
      scene.service('cart', []);
      await scene.envoyTo(envoyWorld([]));
      await scene.watch({ healthy: false, mapped: false });
      await delay(3000);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'no-cluster-envoy',
    proxy: 'envoy',
    what: 'the route names a cluster that does not exist',
    expected: { no_cluster: 1 },
    symptoms: ['no_cluster'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const world = envoyWorld([pod.ip]);
      await scene.envoyTo({
        ...world,
        routes: [
          { prefix: '/well', route: { cluster: ENVOY_UPSTREAM } },
          { prefix: '/', route: { cluster_header: 'x-cluster' } },
        ],
      });
      await scene.watch();
      return await scene.provoke({ count: 20, headers: { 'x-cluster': 'nobody' } });
    },
  },
  ...twins(
    {
      name: 'rbac-denied',
      what: "a policy at the destination's Envoy closes the connections of the gateway",
      expected: { rbac_denied: 1 },
      // The Envoy of the destination is watched, too, and says what it refused.
      symptoms: ['rbac_denied', 'premature_close', 'reset'],
    },
    {},
    async (scene, front) => {
      const pod = await scene.pod('cart-1', { port: 8081 });
      scene.service('cart', [pod.endpoint()]);
      const cluster = { name: 'inbound|8081||', hosts: [{ address: pod.ip, port: 8081 }] };
      const policies = {
        nobody: {
          permissions: [{ any: true }],
          principals: [{ direct_remote_ip: { address_prefix: '192.0.2.0', prefix_len: 24 } }],
        },
      };
      const typed_config = { '@type': RBAC, stat_prefix: 'tcp.', rules: { action: 'ALLOW', policies } };
      await scene.sidecar(pod, {
        clusters: [cluster],
        routes: [{ prefix: '/', route: { cluster: cluster.name } }],
        networkFilters: [{ name: 'envoy.filters.network.rbac', typed_config }],
        listen: { address: pod.ip, port: 8080 },
      });
      await front(scene, [pod]);
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  ),
];
