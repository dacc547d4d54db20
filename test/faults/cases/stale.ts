import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { twins, twoPodsBehind } from './twins.ts';
import { GONE_FOR_MS, IMPATIENT, SHORT, twoPods, vanish } from './two-pods.ts';

export const STALE_FAULTS: readonly Fault[] = [
  ...twins(
    {
      name: 'stale-dead-address',
      what: 'pod deleted, nobody has its address, nginx still has it (113)',
      expected: { stale_endpoint: 1 },
      symptoms: ['host_unreachable'],
    },
    { symptoms: ['connect_refused'], logged: { symptoms: ['host_unreachable'] } },
    async (scene, front) => {
      // Longer than the kernel looks for its neighbour.
      const pods = await twoPodsBehind(front, scene, { cluster: { connect_timeout: '5s' } });
      await vanish(scene, pods);
      pods.goes.network.run('ip link set eth0 down');
      scene.gateway.network.run(...IMPATIENT);
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20, together: 20 });
    },
  ),
  {
    name: 'stale-black-hole',
    proxy: 'nginx',
    what: 'pod deleted, its address swallows everything (110)',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pods = await twoPods(scene, SHORT);
      await vanish(scene, pods);
      pods.goes.network.run('iptables -A INPUT -p tcp -j DROP');
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'stale-refusing-address',
    proxy: 'nginx',
    what: 'pod deleted, its address still refuses (111)',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pods = await twoPods(scene);
      await vanish(scene, pods);
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'stale-mixed-symptoms',
    proxy: 'nginx',
    what: 'pod deleted, connect timeout shorter than the neighbour look-up: 110 and 113 mixed',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_timeout', 'host_unreachable'],
    async stage(scene) {
      const pods = await twoPods(scene, SHORT);
      await vanish(scene, pods);
      pods.goes.network.run('ip link set eth0 down');
      scene.gateway.network.run('ip neigh flush dev eth0');
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 30, together: 3 });
    },
  },
  ...twins(
    {
      name: 'foreign-refuses',
      what: 'address used again by a pod of another Service on another port (111)',
      expected: { foreign_endpoint: 1 },
      symptoms: ['connect_refused'],
    },
    {},
    async (scene, front) => {
      await reuse(scene, await twoPodsBehind(front, scene), 'silent', 9000);
      return await scene.provoke({ count: 20 });
    },
  ),
  {
    name: 'foreign-answers-nonsense',
    proxy: 'nginx',
    what: 'address used again by a pod of another Service that closes what it does not understand',
    expected: { foreign_endpoint: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      const pods = await twoPods(scene);
      await reuse(scene, pods, 'close', 8080);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'stale-and-tried-again',
    proxy: 'nginx',
    what: 'pod deleted, nginx tries the other one after each failed attempt, clients get 200',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pods = await twoPods(scene, 'proxy_next_upstream error timeout;');
      await vanish(scene, pods);
      await delay(GONE_FOR_MS);
      return await scene.provokeAttempts({ count: 20 });
    },
  },
  {
    name: 'mixture-stale-and-not-listening',
    proxy: 'nginx',
    what: 'one stale and two refusing servers of one Service: shares 1 to 2',
    expected: { stale_endpoint: 1 / 3, not_listening: 2 / 3 },
    symptoms: ['host_unreachable', 'connect_refused'],
    async stage(scene) {
      const pods = [await scene.pod('cart-1'), await scene.pod('cart-2'), await scene.pod('cart-3')];
      scene.service(
        'cart',
        pods.map((pod) => pod.endpoint()),
      );
      await scene.nginxTo(pods.map(({ ip }) => `${ip}:8080 max_fails=0`));
      await scene.watch();
      const [goes, ...deaf] = pods;
      scene.endpoints(
        'cart',
        deaf.map((pod) => pod.endpoint()),
      );
      scene.deletePod(goes);
      await goes.end();
      goes.network.run('ip link set eth0 down');
      scene.gateway.network.run(...IMPATIENT);
      for (const pod of deaf) await pod.closeListener();
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 30, together: 30 });
    },
  },
  {
    name: 'mixture-stale-and-not-listening-envoy',
    proxy: 'envoy',
    what: 'one stale and one refusing host of one cluster: shares 1 to 1',
    expected: { stale_endpoint: 1 / 2, not_listening: 1 / 2 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const [goes, deaf] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
      scene.service('cart', [goes.endpoint(), deaf.endpoint()]);
      await scene.envoyTo(envoyWorld([goes.ip, deaf.ip], { lb_policy: 'ROUND_ROBIN' }));
      await scene.watch();
      scene.endpoints('cart', [deaf.endpoint()]);
      scene.deletePod(goes);
      await goes.end();
      await deaf.closeListener();
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20 });
    },
  },
];

/** The pod is gone and another one, of Service shop/stock, has got its address. */
async function reuse(
  scene: Scene,
  { stays, goes }: Awaited<ReturnType<typeof twoPods>>,
  does: 'silent' | 'close',
  port: number,
): Promise<void> {
  await vanish(scene, { stays, goes });
  goes.network.run('ip link set eth0 down');
  const fresh = await scene.pod('stock-1', { does, port, lastByte: Number(goes.ip.split('.')[3]) });
  scene.service('stock', [fresh.endpoint()], port);
  scene.gateway.network.run('ip neigh flush dev eth0');
  await delay(GONE_FOR_MS);
}
