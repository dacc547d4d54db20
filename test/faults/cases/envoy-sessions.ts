import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { ask } from '../traffic.ts';
import { front } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';

const ICMP = { expected: { unidentified: 1 }, symptoms: ['connect_refused'] } as const;

/** A firewall's ICMP error: the kernel counts no attempt that failed, and Envoy only that it did. */
const rejected = (kind: string, logged: Fault['logged']): Fault => ({
  ...{ name: `${kind}-envoy`, what: `a rule of the pod's network rejects with ${kind}`, proxy: 'envoy', ...ICMP },
  ...(logged === undefined ? {} : { logged }),
  async stage(scene) {
    const pod = await front(scene, {});
    await scene.watch({ counters: true });
    pod.network.run(
      'sysctl -qw net.ipv4.icmp_ratelimit=0',
      `iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with ${kind}`,
    );
    await delay(500);
    return await scene.provoke({ count: 20 });
  },
});

/** Connections and hosts that are no usual cluster's. */
export const ENVOY_SESSION_FAULTS: readonly Fault[] = [
  rejected('icmp-port-unreachable', { expected: { connection_refused: 1 }, symptoms: ['connect_refused'] }),
  rejected('icmp-admin-prohibited', { expected: { no_route_to_host: 1 }, symptoms: ['host_unreachable'] }),
  {
    name: 'tcp-proxy-envoy',
    proxy: 'envoy',
    what: 'a TCP proxy, and the application listens no more',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await front(scene, { app: { does: 'close' }, world: { tcp: { cluster: ENVOY_UPSTREAM } } });
      await scene.watch({ healthy: false });
      await pod.closeListener();
      await delay(300);
      const { lastMs } = await ask(scene.front, { count: 20 });
      return { failures: 20, lastMs, byProxy: null };
    },
  },
  {
    name: 'original-destination-envoy',
    proxy: 'envoy',
    what: 'the application listens no more where the client wanted to go (ORIGINAL_DST)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const { clusters, routes } = envoyWorld([], {
        ...{ type: 'ORIGINAL_DST', load_assignment: undefined, lb_policy: 'CLUSTER_PROVIDED' },
        original_dst_lb_config: { use_http_header: true },
      });
      await scene.envoyTo({ clusters, routes });
      await scene.watch({ healthy: false });
      await pod.closeListener();
      await delay(300);
      return await scene.provoke({ count: 20, headers: { 'x-envoy-original-dst-host': `${pod.ip}:8080` } });
    },
  },
  {
    name: 'stopped-envoy',
    proxy: 'envoy',
    what: 'the application is stopped (SIGSTOP), and the kernel takes its connections',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await front(scene, { world: { route: { timeout: '1s' } } });
      await scene.watch();
      pod.signal('SIGSTOP');
      return await scene.provoke({ count: 20, together: 10 });
    },
  },
];
