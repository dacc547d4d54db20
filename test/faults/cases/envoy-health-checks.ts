import { setTimeout as delay } from 'node:timers/promises';
import type { Cause } from '../../../src/contract/names.ts';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import { untilWithin } from '../readiness.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { GONE_FOR_MS } from './two-pods.ts';

/** Envoy asks the hosts itself, and one that fails gets no request. */
function checked(check: object): object {
  const often = { timeout: '0.3s', interval: '0.2s', no_traffic_interval: '0.2s' };
  return {
    // By default a worker hears of it a second later.
    common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: '0s' },
    health_checks: [{ ...often, unhealthy_threshold: 1, healthy_threshold: 1, ...check }],
  };
}

const HTTP_CHECK = { http_health_check: { path: '/well' } };
const TCP_CHECK = { tcp_health_check: {} };

interface Checked {
  readonly name: string;
  readonly what: string;
  readonly expected: Readonly<Partial<Record<Cause, number>>>;
  readonly check?: object;
  /** How many pods are behind the Service while all is well. */
  readonly pods: number;
  breaks(scene: Scene, pods: readonly StagedPod[]): Promise<void>;
}

/** No request ever fails at a host: what is seen is a cluster without a healthy one. */
const unhealthy = ({ check = HTTP_CHECK, pods: count, breaks, ...told }: Checked): Fault => ({
  ...{ ...told, proxy: 'envoy', symptoms: ['no_healthy_upstream'] },
  async stage(scene) {
    const pods: StagedPod[] = [];
    for (let number = 1; number <= count; number++) pods.push(await scene.pod(`cart-${number}`));
    scene.service(
      'cart',
      pods.map((pod) => pod.endpoint()),
    );
    const ips = pods.map(({ ip }) => ip);
    await scene.envoyTo(envoyWorld(ips, checked(check)));
    await scene.watch();
    await breaks(scene, pods);
    const isEmpty = async () => (await scene.envoy.count(`cluster.${ENVOY_UPSTREAM}.membership_healthy`)) === 0;
    await untilWithin(8000, isEmpty, () => 'Envoy has no healthy host');
    return await scene.provoke({ count: 20 });
  },
});

/** The pod is gone, and Envoy has not heard of it; another one has come, of which it has not heard either. */
async function replace(scene: Scene, gone: readonly StagedPod[], stay: readonly StagedPod[]): Promise<void> {
  const fresh = await scene.pod('cart-fresh');
  scene.endpoints('cart', [fresh.endpoint(), ...stay.map((pod) => pod.endpoint())]);
  for (const pod of gone) {
    await pod.end();
    scene.deletePod(pod);
  }
  await delay(GONE_FOR_MS);
}

/** What Envoy's own health checks find, and why it does. */
export const ENVOY_HEALTH_CHECK_FAULTS: readonly Fault[] = [
  unhealthy({
    name: 'unhealthy-not-listening-envoy',
    what: 'the application listens no more, the health checks of Envoy are refused',
    expected: { not_listening: 1 },
    pods: 2,
    async breaks(_scene, pods) {
      for (const pod of pods) await pod.closeListener();
    },
  }),
  unhealthy({
    name: 'unhealthy-stale-envoy',
    what: 'pods deleted, their addresses are nobody’s: the health checks of Envoy get no answer',
    expected: { stale_endpoint: 1 },
    check: TCP_CHECK,
    pods: 2,
    async breaks(scene, pods) {
      await replace(scene, pods, []);
      for (const pod of pods) pod.network.run('ip link set eth0 down');
    },
  }),
  unhealthy({
    name: 'unhealthy-mixture-envoy',
    what: 'one host is stale, on the other nothing listens: the health checks of both fail',
    expected: { stale_endpoint: 0.5, not_listening: 0.5 },
    pods: 2,
    async breaks(scene, [goes, stays]) {
      await stays.closeListener();
      await replace(scene, [goes], [stays]);
    },
  }),
  unhealthy({
    name: 'unhealthy-half-known-envoy',
    what: 'on one host nothing listens, the other one answers the health checks with 500, for reasons of its own',
    expected: { not_listening: 0.5, no_healthy_upstream: 0.5 },
    check: { http_health_check: { path: '/' } },
    pods: 2,
    async breaks(_scene, [closed, broken]) {
      await closed.closeListener();
      await broken.does('error');
    },
  }),
  unhealthy({
    name: 'unhealthy-silent-envoy',
    what: 'the application listens and does not answer the health checks of Envoy',
    expected: { no_healthy_upstream: 1 },
    check: { http_health_check: { path: '/' } },
    pods: 1,
    async breaks(_scene, [pod]) {
      await pod.does('silent');
    },
  }),
  unhealthy({
    name: 'unhealthy-terminating-envoy',
    what: 'the pod ends and listens no more, its endpoint is terminating: the health checks of Envoy are refused',
    expected: { terminating_endpoint: 1 },
    pods: 1,
    async breaks(scene, [pod]) {
      scene.endpoints('cart', [pod.endpoint('terminating')]);
      await pod.closeListener();
      await delay(GONE_FOR_MS);
    },
  }),
  {
    name: 'unhealthy-bound-to-loopback-envoy',
    proxy: 'envoy',
    what: 'the application listens on 127.0.0.1 of its pod: the health checks of Envoy are refused',
    expected: { bound_to_loopback: 1 },
    symptoms: ['no_healthy_upstream'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { host: '127.0.0.1' });
      scene.service('cart', [pod.endpoint()]);
      await scene.envoyTo(envoyWorld([pod.ip], checked(HTTP_CHECK)));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
];
