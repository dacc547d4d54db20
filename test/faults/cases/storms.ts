import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { nginxWorld } from '../nginx-world.ts';
import type { Scene } from '../scene.ts';
import { GONE_FOR_MS } from './two-pods.ts';

/** shop/cart on one pod or two, and what nginx has behind the addresses of its servers. */
async function cartOn(scene: Scene, count: 1 | 2, server: string, location = '') {
  const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')].slice(0, count);
  scene.service(
    'cart',
    pods.map((pod) => pod.endpoint()),
  );
  await scene.nginxTo(
    pods.map(({ ip }) => `${ip}:8080 ${server}`),
    { location },
  );
  await scene.watch();
  return pods;
}

/** Two servers that nginx takes down after one failure each. */
export const stormy = (scene: Scene, location = '') => cartOn(scene, 2, 'max_fails=1 fail_timeout=30s', location);

/** Requests beyond what servers may have at once: the other ones' timeouts are not why no server is left. */
const atItsLimit = (name: string, count: 1 | 2, what: string): Fault => ({
  ...{ name, what, proxy: 'nginx', symptoms: ['response_timeout', 'no_live_upstreams'] },
  expected: { response_timeout: (2 * count) / (20 + count), no_live_upstreams: (20 - count) / (20 + count) },
  async stage(scene) {
    const fails = count === 1 ? '' : ' max_fails=0';
    const pods = await cartOn(scene, count, `max_conns=1${fails}`, 'proxy_read_timeout 2s;');
    for (const pod of pods) await pod.does('silent');
    const { failures: before } = await scene.provoke({ count, together: count });
    const { failures, lastMs } = await scene.provoke({ count: 20, together: 10 });
    return { failures: before + failures, lastMs, byProxy: null };
  },
});

export const STORM_FAULTS: readonly Fault[] = [
  {
    name: 'storm-stale',
    proxy: 'nginx',
    what: 'both servers stale, a fresh pod is not known to nginx: two failures take them down, then no live upstreams',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_refused', 'no_live_upstreams', 'peer_marked_down'],
    async stage(scene) {
      const [one, other] = await stormy(scene);
      const fresh = await scene.pod('cart-3');
      scene.endpoints('cart', [fresh.endpoint()]);
      for (const pod of [one, other]) {
        await pod.end();
        scene.deletePod(pod);
      }
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'storm-not-listening',
    proxy: 'nginx',
    what: 'nothing listens on both pods: two failures take them down, then no live upstreams',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused', 'no_live_upstreams', 'peer_marked_down'],
    async stage(scene) {
      for (const pod of await stormy(scene)) await pod.closeListener();
      await delay(300);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'storm-slow',
    proxy: 'nginx',
    what: 'both pods answer too late: two failures take them down, then no live upstreams',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout', 'no_live_upstreams', 'peer_marked_down'],
    async stage(scene) {
      for (const pod of await stormy(scene, 'proxy_read_timeout 1s;')) await pod.does('silent');
      return await scene.provoke({ count: 20 });
    },
  },
  atItsLimit('max-conns', 2, 'both servers are at max_conns and answer too late; max_fails=0: nginx takes none down'),
  atItsLimit('max-conns-alone', 1, 'the only server is at max_conns and answers too late: nginx never takes it down'),
  {
    name: 'no-endpoints-placeholder',
    proxy: 'nginx',
    what: 'Service scaled to 0, the controller has left a placeholder that is down',
    expected: { no_endpoints: 1 },
    symptoms: ['no_live_upstreams'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginxTo([`${pod.ip}:8080`]);
      await scene.watch();
      scene.endpoints('cart', []);
      scene.deletePod(pod);
      scene.nginx.reload(nginxWorld(['127.0.0.1:8181 down', '127.0.0.1:8182 down']));
      await delay(3000);
      return await scene.provoke({ count: 20 });
    },
  },
];
