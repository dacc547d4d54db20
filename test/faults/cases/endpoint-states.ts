import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { twins, twoPodsBehind } from './twins.ts';
import { GONE_FOR_MS, IMPATIENT, twoPods } from './two-pods.ts';

export const ENDPOINT_STATE_FAULTS: readonly Fault[] = [
  ...twins(
    {
      name: 'terminating-refuses',
      what: 'pod deleted, its application has closed the listener, endpoint terminating (111)',
      expected: { terminating_endpoint: 1 },
      symptoms: ['connect_refused'],
    },
    {},
    async (scene, front) => {
      const { stays, goes } = await twoPodsBehind(front, scene);
      scene.endpoints('cart', [stays.endpoint(), goes.endpoint('terminating')]);
      await goes.closeListener();
      await delay(300);
      return await scene.provoke({ count: 20 });
    },
  ),
  {
    name: 'terminating-in-flight',
    proxy: 'nginx',
    what: 'pod deleted, its application ends in the midst of requests',
    expected: { terminating_endpoint: 1 },
    symptoms: ['premature_close', 'reset'],
    async stage(scene) {
      const { stays, goes } = await twoPods(scene);
      await goes.does('silent');
      const asked = scene.provoke({ count: 20, together: 20 });
      await delay(300);
      scene.endpoints('cart', [stays.endpoint(), goes.endpoint('terminating')]);
      await delay(300);
      await goes.end('SIGTERM');
      return await asked;
    },
  },
  {
    name: 'terminating-address-gone',
    proxy: 'nginx',
    what: 'pod deleted, its address is gone while its endpoint is still terminating (113)',
    expected: { terminating_endpoint: 1 },
    symptoms: ['host_unreachable'],
    async stage(scene) {
      const { stays, goes } = await twoPods(scene);
      scene.endpoints('cart', [stays.endpoint(), goes.endpoint('terminating')]);
      await goes.end();
      goes.network.run('ip link set eth0 down');
      scene.gateway.network.run(...IMPATIENT);
      await delay(500);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'not-ready-node-lost',
    proxy: 'nginx',
    what: 'the node of a pod is lost, its endpoint not ready (113)',
    expected: { not_ready_endpoint: 1 },
    symptoms: ['host_unreachable'],
    async stage(scene) {
      const { stays, goes } = await twoPods(scene);
      goes.network.run('ip link set eth0 down');
      scene.endpoints('cart', [stays.endpoint(), goes.endpoint('unready')]);
      scene.gateway.network.run(...IMPATIENT);
      await delay(500);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  ...twins(
    {
      name: 'not-ready-starting',
      what: 'pod starts and does not listen yet, endpoint not ready (111)',
      expected: { not_ready_endpoint: 1 },
      symptoms: ['connect_refused'],
    },
    {},
    async (scene, front) => {
      const [old, fresh] = [await scene.pod('cart-1'), await scene.pod('cart-2', { port: null })];
      scene.service('cart', [old.endpoint(), fresh.endpoint('unready')]);
      await front(scene, [old, fresh]);
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  ),
  {
    name: 'port-drift',
    proxy: 'nginx',
    what: "the Service's targetPort and its pods have moved to 9090, nginx still asks 8080 (111)",
    expected: { port_mismatch: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginxTo([`${pod.ip}:8080 max_fails=0`]);
      await scene.watch();
      await pod.end();
      await pod.start({ port: 9090 });
      scene.endpoints('cart', [pod.endpoint()], 9090);
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20 });
    },
  },
];
