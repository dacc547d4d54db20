import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint } from '../../kubernetes/objects.ts';
import type { Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';

/** The address of a Service, as its object has it by default. */
const CLUSTER_IP = '10.96.3.4';
/** Ready, on another node. */
const ELSEWHERE: Endpoint = {
  addresses: ['10.2.3.4'],
  conditions: { ready: true, serving: true, terminating: false },
  targetRef: { kind: 'Pod', namespace: 'shop', name: 'cart-3', uid: 'cart-3' },
  nodeName: 'node-b',
};

type Stage = Omit<Fault, 'proxy' | 'stage'> & { readonly endpoints?: readonly Endpoint[] };

/** nginx asks the address of a Service; as kube-proxy does, every other connection goes to the one or the other of two pods. */
const behindService = (
  { endpoints = [], ...told }: Stage,
  goesWrong: (pods: readonly StagedPod[], scene: Scene) => void | Promise<void>,
): Fault => ({
  ...{ ...told, proxy: 'nginx' },
  async stage(scene) {
    const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')];
    scene.service('cart', [...pods.map((pod) => pod.endpoint()), ...endpoints]);
    const rule = `iptables -t nat -A OUTPUT -d ${CLUSTER_IP} -p tcp --dport 80`;
    const [one, other] = pods.map(({ ip }) => `-j DNAT --to-destination ${ip}:8080`);
    const half = '-m statistic --mode nth --every 2 --packet 0';
    scene.gateway.network.run(`ip route add ${CLUSTER_IP} dev eth0`, `${rule} ${half} ${one}`, `${rule} ${other}`);
    await scene.nginxTo([`${CLUSTER_IP}:80 max_fails=0`]);
    await scene.watch({ mapped: false });
    await goesWrong(pods, scene);
    await delay(500);
    return await scene.provoke({ count: 20 });
  },
});

/** nginx asks a Service, and the node decides which of its pods is asked: no log names it. */
export const NGINX_SERVICE_FAULTS: readonly Fault[] = [
  behindService(
    {
      name: 'cluster-ip-one-of-two-gone',
      what: 'nginx asks the address of a Service, one of whose two pods listens no more (111)',
      expected: { not_listening: 1 },
      symptoms: ['connect_refused'],
    },
    async (pods) => await pods[1].closeListener(),
  ),
  behindService(
    {
      name: 'cluster-ip-one-of-three-unseen',
      what: 'the same, and a third pod is on another node: it may be that one which refuses',
      expected: { connection_refused: 1 },
      symptoms: ['connect_refused'],
      endpoints: [ELSEWHERE],
    },
    async (pods) => await pods[1].closeListener(),
  ),
  behindService(
    {
      name: 'cluster-ip-rejected-by-a-rule',
      what: 'nginx asks the address of a Service, both pods listen, and a rule of the network of one rejects with RST (111)',
      expected: { connection_refused: 1 },
      symptoms: ['connect_refused'],
    },
    ([, pod]) => void pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
  ),
  behindService(
    {
      name: 'cluster-ip-of-a-deleted-pod',
      what: 'a pod is deleted, and the node still sends every other connection to it (111)',
      expected: { terminating_endpoint: 1 },
      symptoms: ['connect_refused'],
    },
    async ([stays, goes], scene) => {
      await goes.closeListener();
      scene.endpoints('cart', [stays.endpoint(), goes.endpoint('terminating')]);
    },
  ),
];
