import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { assign, BY_EDS } from './envoy-eds.ts';
import { envoyWorld } from './envoy-world.ts';

const COUNT = 20;
/** Envoy has read what the control plane says by then. */
const HEARD_MS = 1500;

interface Dropped extends Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms'> {
  readonly percent: number;
  /** What else goes wrong: so many requests as are dropped fail before. */
  breaks?(pod: StagedPod): Promise<unknown>;
}

async function world(scene: Scene, percent: number): Promise<StagedPod> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  assign(scene, [[pod.ip]], percent);
  await scene.envoyTo(envoyWorld([], BY_EDS));
  return pod;
}

const dropped = ({ percent, breaks, ...told }: Dropped): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const pod = await world(scene, 0);
    await scene.watch();
    await breaks?.(pod);
    const { statuses } = await ask(scene.front, { count: breaks === undefined ? 0 : COUNT });
    assign(scene, [[pod.ip]], percent);
    await delay(HEARD_MS);
    const { failures, lastMs, byProxy } = await scene.provoke({ count: COUNT });
    return { failures: failures + failedOf(statuses), lastMs, byProxy };
  },
});

/** The control plane has Envoy drop requests of the cluster (`policy.drop_overloads`), of which no counter tells. */
export const ENVOY_DROP_FAULTS: readonly Fault[] = [
  dropped({
    ...{ name: 'drop-overload-envoy', what: 'the control plane has Envoy drop all requests of the cluster' },
    ...{ expected: { overload: 1 }, symptoms: ['overload'], percent: 100 },
  }),
  dropped({
    ...{ name: 'drop-overload-half-envoy', what: 'the control plane has Envoy drop half of the requests' },
    ...{ expected: { overload: 1 }, symptoms: ['overload'], percent: 50 },
  }),
  {
    ...{ name: 'drop-overload-first-envoy', what: 'requests are dropped from the start, no host was ever asked' },
    ...{ proxy: 'envoy', expected: { overload: 1 }, symptoms: ['overload'] },
    async stage(scene) {
      await world(scene, 100);
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: COUNT });
    },
  },
  dropped({
    name: 'drop-overload-beside-503-envoy',
    what: 'the application answers 503, then requests are dropped',
    expected: { overload: 0.5, app_error: 0.5 },
    symptoms: ['overload', 'upstream_5xx'],
    percent: 100,
    breaks: (pod) => pod.does('unavailable'),
  }),
  dropped({
    name: 'drop-overload-beside-refused-envoy',
    what: 'nothing listens in the pod, then requests are dropped',
    expected: { overload: 0.5, not_listening: 0.5 },
    symptoms: ['overload', 'connect_refused'],
    percent: 100,
    breaks: (pod) => pod.closeListener(),
  }),
];
