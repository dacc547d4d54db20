import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import { untilWithin } from '../readiness.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { assign, BY_EDS } from './envoy-eds.ts';
import { envoyWorld } from './envoy-world.ts';
import { GONE_FOR_MS } from './two-pods.ts';

const COUNT = 20;
const CHECK = {
  ...{ timeout: '0.3s', interval: '0.2s', no_traffic_interval: '0.2s', unhealthy_threshold: 1, healthy_threshold: 1 },
  http_health_check: { path: '/' },
};
/** A worker hears of it at once. */
const SOON = { update_merge_window: '0s' };
/** Half of the hosts must be healthy, which is Envoy's default: else all of them are asked. */
const PANICKING = { common_lb_config: SOON, health_checks: [CHECK] };
const NEVER_PANICKING = { common_lb_config: { ...SOON, healthy_panic_threshold: { value: 0 } } };
const EJECTING = {
  ...NEVER_PANICKING,
  outlier_detection: { consecutive_5xx: 3, interval: '0.1s', base_ejection_time: '60s', max_ejection_percent: 100 },
};
const NEXT_PRIORITY = {
  retry_policy: {
    retry_on: 'connect-failure',
    num_retries: 1,
    retry_priority: {
      name: 'envoy.retry_priorities.previous_priorities',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
        update_frequency: 1,
      },
    },
  },
};

interface Staged extends Omit<Fault, 'proxy' | 'stage'> {
  /** Fields of the cluster and of the route. */
  readonly cluster?: object;
  readonly route?: object;
  /** The pods are of one priority each. */
  readonly isByPriority?: boolean;
  breaks(scene: Scene, pods: readonly StagedPod[]): Promise<unknown>;
  /** Default: all requests that clients saw fail. */
  readonly failures?: number;
}

/** Two pods whose addresses a control plane tells. */
const staged = ({ cluster = {}, route = {}, isByPriority = false, breaks, failures, ...told }: Staged): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')];
    const ips = pods.map(({ ip }) => ip);
    scene.service(
      'cart',
      pods.map((pod) => pod.endpoint()),
    );
    assign(scene, isByPriority ? ips.map((ip) => [ip]) : [ips]);
    await scene.envoyTo(envoyWorld([], { ...BY_EDS, ...cluster }, { route }));
    await scene.watch();
    await breaks(scene, pods);
    if (failures === undefined) return await scene.provoke({ count: COUNT });
    const { lastMs } = await ask(scene.front, { count: COUNT });
    return { failures, lastMs, byProxy: null };
  },
});

const allDo = async (pods: readonly StagedPod[], deed: 'unavailable' | 'notFound') => {
  for (const pod of pods) await pod.does(deed);
};
const untilUnhealthy = async ({ envoy }: Scene, healthy = 0) =>
  await untilWithin(
    8000,
    async () => (await envoy.count(`cluster.${ENVOY_UPSTREAM}.membership_healthy`)) === healthy,
    () => 'Envoy finds its hosts unhealthy',
  );

/** Where Envoy sends requests when hosts are not healthy, or are no more. */
export const ENVOY_FAILOVER_FAULTS: readonly Fault[] = [
  staged({
    ...{ name: 'panic-503-envoy', what: 'no host is healthy, all are asked nevertheless (panic) and answer 503' },
    ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'], cluster: PANICKING },
    async breaks(scene, pods) {
      await allDo(pods, 'unavailable');
      await untilUnhealthy(scene);
    },
  }),
  staged({
    ...{ name: 'panic-answered-envoy', what: 'no host is healthy, all are asked (panic) and answer: no failure' },
    ...{ expected: {}, symptoms: [], cluster: PANICKING, failures: 0 },
    async breaks(scene, pods) {
      await allDo(pods, 'notFound');
      await untilUnhealthy(scene);
    },
  }),
  staged({
    ...{ name: 'ejected-all-envoy', what: 'hosts answer 503 until all of them are ejected, then nobody is asked' },
    ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx', 'no_healthy_upstream'], cluster: EJECTING },
    breaks: async (_scene, pods) => await allDo(pods, 'unavailable'),
  }),
  staged({
    ...{
      name: 'priority-retried-envoy',
      what: 'nothing listens in the first priority, the second one answers the retry',
    },
    ...{ expected: { not_listening: 1 }, symptoms: ['connect_refused'], cluster: NEVER_PANICKING },
    ...{ isByPriority: true, route: NEXT_PRIORITY, failures: COUNT },
    breaks: async (_scene, [first]) => await first.closeListener(),
  }),
  staged({
    ...{ name: 'priority-failover-envoy', what: 'the first priority fails its health checks, the second one answers' },
    ...{ expected: {}, symptoms: [], failures: 0, isByPriority: true },
    cluster: { ...NEVER_PANICKING, health_checks: [CHECK] },
    async breaks(scene, [first]) {
      await first.closeListener();
      await untilUnhealthy(scene, 1);
    },
  }),
  staged({
    ...{ name: 'eds-stale-envoy', what: 'pods are replaced, and the control plane goes on telling the old addresses' },
    ...{ expected: { stale_endpoint: 1 }, symptoms: ['connect_refused'] },
    async breaks(scene, pods) {
      const fresh = await scene.pod('cart-fresh');
      scene.endpoints('cart', [fresh.endpoint()]);
      await goes(scene, pods);
    },
  }),
  staged({
    ...{
      name: 'eds-stale-to-nothing-envoy',
      what: 'Service scaled to 0, and the control plane goes on telling the pods',
    },
    ...{ expected: { stale_endpoint: 1 }, symptoms: ['connect_refused'] },
    async breaks(scene, pods) {
      scene.endpoints('cart', []);
      await goes(scene, pods);
    },
  }),
];

async function goes(scene: Scene, pods: readonly StagedPod[]): Promise<void> {
  for (const pod of pods) {
    await pod.end();
    scene.deletePod(pod);
  }
  await delay(GONE_FOR_MS);
}
