import { setTimeout as delay } from 'node:timers/promises';
import type { AppOptions } from '../app.ts';
import type { Fault } from '../fault.ts';
import { endOf } from '../network.ts';
import type { StagedPod } from '../pod.ts';
import { untilWithin } from '../readiness.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';
import { onePodBehind, twins } from './twins.ts';

/** shop/cart on one pod, ready for the API, and a gateway in front of it. */
export async function onePod(scene: Scene, app: Partial<AppOptions> = {}, location = ''): Promise<StagedPod> {
  const pod = await scene.pod('cart-1', app);
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], { location });
  return pod;
}

export async function onePodEnvoy(
  scene: Scene,
  app: Partial<AppOptions> = {},
  cluster: object = {},
): Promise<StagedPod> {
  const pod = await scene.pod('cart-1', app);
  scene.service('cart', [pod.endpoint()]);
  await scene.envoyTo(envoyWorld([pod.ip], cluster));
  return pod;
}

const both = (
  name: string,
  fault: Pick<Fault, 'what' | 'expected'>,
  app: Partial<AppOptions>,
  breaks: (pod: StagedPod) => unknown = () => {},
): readonly Fault[] => {
  const isThereFromTheStart = breaks.length === 0;
  return twins({ ...fault, name, symptoms: ['connect_refused'] }, {}, async (scene, front) => {
    const pod = await onePodBehind(front, scene, { app });
    await scene.watch({ healthy: !isThereFromTheStart });
    await breaks(pod);
    await delay(500);
    return await scene.provoke({ count: 20 });
  });
};

export const SOCKET_FAULTS: readonly Fault[] = [
  ...both(
    'port-mismatch',
    { what: 'targetPort 8080, the application listens on 8081', expected: { port_mismatch: 1 } },
    { port: 8081 },
  ),
  ...both(
    'bound-to-loopback',
    { what: 'the application listens on 127.0.0.1 of its pod', expected: { bound_to_loopback: 1 } },
    { host: '127.0.0.1' },
  ),
  ...both(
    'bound-to-loopback-ipv6',
    { what: 'the application listens on ::1 of its pod', expected: { bound_to_loopback: 1 } },
    { host: '::1' },
  ).slice(0, 1),
  ...both(
    'not-listening',
    { what: 'the application lives and listens no more, its pod is ready', expected: { not_listening: 1 } },
    {},
    async (pod) => await pod.closeListener(),
  ),
  ...both(
    'application-gone',
    { what: 'the application has crashed, its pod is still ready', expected: { not_listening: 1 } },
    {},
    async (pod) => await pod.end(),
  ),
  ...both(
    'rejected-by-a-rule',
    { what: 'a live pod listens, a rule of its network rejects with RST', expected: { connection_refused: 1 } },
    {},
    (pod) => pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
  ),
  ...both(
    'rejected-by-a-rule-any-address',
    { what: 'the same, and the application listens on ::, as most do', expected: { connection_refused: 1 } },
    { host: '::' },
    (pod) => pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
  ).slice(0, 1),
  {
    name: 'not-listening-ipv6',
    proxy: 'nginx',
    what: 'nothing listens on the IPv6 address of a ready pod (111)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { host: '::' });
      scene.service('cart', [pod.endpoint('ready', 'IPv6')]);
      await scene.nginxTo([`[${pod.spec.ipv6}]:8080 max_fails=0`]);
      await scene.watch();
      await pod.closeListener();
      await delay(500);
      return await scene.provoke({ count: 20 });
    },
  },
  ...twins(
    {
      name: 'sidecar-down',
      what: 'the pod is redirected to an Envoy of its own, which has been killed (111)',
      expected: { sidecar_down: 1 },
      symptoms: ['connect_refused'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene, { app: { host: '0.0.0.0' } });
      const cluster = { name: 'inbound|8080||', hosts: [{ address: '127.0.0.1', port: 8080 }] };
      const routes = [{ prefix: '/', route: { cluster: cluster.name } }];
      const sidecar = await scene.sidecar(pod, {
        clusters: [cluster],
        routes,
        listen: { address: '0.0.0.0', port: 15_006 },
      });
      pod.network.run('iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 15006');
      await scene.watch();
      // It redirected long before, and that was seen.
      const isSeen = ([name, value]: [string, number]) =>
        name.startsWith('badgateway_listening{') && name.includes('port="15006"') && value === 1;
      await untilWithin(
        20_000,
        async () => [...(await scene.program.scrape())].some(isSeen),
        () => 'the port of the sidecar is seen',
      );
      await sidecar.end();
      await delay(500);
      return await scene.provoke({ count: 20 });
    },
  ),
  {
    name: 'loopback-not-listening-plain',
    proxy: 'nginx',
    what: 'no Kubernetes: nothing listens on 127.0.0.1:8080 beside nginx',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    upstream: { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      await scene.nginxTo(['127.0.0.1:8080 max_fails=0'], { upstream: 'backend' });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'unix-socket-missing',
    proxy: 'nginx',
    what: 'the unix socket of the upstream does not exist (2)',
    expected: { not_listening: 1 },
    symptoms: ['socket_missing'],
    upstream: { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      await scene.nginxTo(['unix:$DIR/nobody.sock max_fails=0'], { upstream: 'backend' });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'unix-socket-left-over',
    proxy: 'nginx',
    what: 'the unix socket of the upstream is left over from a program that has ended (111)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    upstream: { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      const path = `${scene.nginx.directory}/own.sock`;
      const listener = `require('net').createServer().listen('${path}', () => console.log('listens'))`;
      const child = scene.gateway.spawn(process.execPath, '-e', listener);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      await endOf(child, 'SIGKILL');
      await scene.nginxTo(['unix:$DIR/own.sock max_fails=0'], { upstream: 'backend' });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'unix-socket-forbidden',
    proxy: 'nginx',
    what: 'the unix socket of the upstream is not for the user of the workers (13)',
    expected: { permission_denied: 1 },
    symptoms: ['permission_denied'],
    upstream: { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      const { directory } = scene.nginx;
      const listener = `require('net').createServer().listen('${directory}/own.sock', () => {
        require('fs').chmodSync('${directory}/own.sock', 0o600); console.log('listens') })`;
      const child = scene.gateway.spawn(process.execPath, '-e', listener);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      await scene.nginxTo(['unix:$DIR/own.sock max_fails=0'], { upstream: 'backend', user: 'nobody nogroup' });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
];
