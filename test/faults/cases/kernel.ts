import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fillConntrack } from '../conntrack-table.ts';
import type { Fault, Provoked } from '../fault.ts';
import type { Network } from '../network.ts';
import type { Scene } from '../scene.ts';
import { onePod, onePodEnvoy } from './sockets.ts';
import { onePodBehind, twins } from './twins.ts';
import { IMPATIENT, SHORT } from './two-pods.ts';

/** argv: address, port, how many. Opens connections and holds them; says when it has tried all. */
const CLIENT = `const [host, port, count] = process.argv.slice(1); let left = Number(count);
  const done = () => { if (--left === 0) console.log('all'); };
  for (let i = 0; i < count; i++) { const s = require('net').connect(Number(port), host); s.once('connect', done).on('error', done); }
  setTimeout(() => console.log('enough'), 1000); setInterval(() => {}, 1000);`;
/** Connections are tracked from then on. */
export const TRACKS = 'iptables -A INPUT -m conntrack --ctstate INVALID -j ACCEPT';

/** Connections that stay; those beyond what is taken go on trying. */
export async function holdOpen(network: Network, ip: string, count: number, port = 8080): Promise<void> {
  const client = network.spawn(process.execPath, '-e', CLIENT, ip, String(port), String(count));
  await once(client.stdout!, 'data');
}

/** Asks, and makes sure that it failed for the reason that was staged: the kernel's counter grew. */
async function provokeWhile(scene: Scene, network: Network, counter: string): Promise<Provoked> {
  const before = network.count(counter);
  const provoked = await scene.provoke({ count: 20, together: 20 });
  const grown = network.count(counter) - before;
  if (!(grown >= provoked.failures)) throw new Error(`${counter} grew by ${grown} for ${provoked.failures} failures`);
  return provoked;
}

export const KERNEL_FAULTS: readonly Fault[] = [
  ...twins(
    {
      name: 'listen-queue-overflow',
      what: 'the application hangs, its accept queue (backlog 4) is full (110)',
      expected: { listen_queue_overflow: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene, { app: { backlog: 4 }, location: SHORT });
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ counters: true });
      pod.signal('SIGSTOP');
      await holdOpen(other.network, pod.ip, 6);
      return await provokeWhile(scene, pod.network, 'TcpExt.ListenOverflows');
    },
  ),
  ...twins(
    {
      name: 'syn-queue-full',
      what: 'half-open connections fill the SYN queue, no SYN cookies (110)',
      expected: { syn_queue_full: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      const pod = await scene.pod('cart-1', { runs: false });
      pod.network.run('sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=16');
      await pod.start({ backlog: 8 });
      scene.service('cart', [pod.endpoint()]);
      await front(scene, [pod], { location: SHORT });
      const flood = await scene.pod('flood', { runs: false });
      await scene.watch({ counters: true });
      // Its SYNs arrive and the answers to them do not.
      flood.network.run(`iptables -A INPUT -p tcp --sport 8080 -j DROP`);
      await holdOpen(flood.network, pod.ip, 60);
      return await provokeWhile(scene, pod.network, 'TcpExt.TCPReqQFullDrop');
    },
  ),
  ...twins(
    {
      name: 'conntrack-full-at-gateway',
      what: "the connection tracking table of the gateway's namespace is full (110)",
      expected: { conntrack_full: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      await onePodBehind(front, scene, { location: SHORT });
      scene.gateway.network.run(TRACKS);
      await scene.watch({ counters: true });
      await fillConntrack(scene.cleanup, scene.gateway.network);
      return await provokeWhile(scene, scene.gateway.network, 'conntrack.drop');
    },
  ),
  ...twins(
    {
      name: 'conntrack-full-at-backend',
      what: "the connection tracking table of the backend's namespace is full (110)",
      expected: { conntrack_full: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene, { location: SHORT });
      pod.network.run(TRACKS);
      await scene.watch({ counters: true });
      await fillConntrack(scene.cleanup, pod.network);
      return await provokeWhile(scene, pod.network, 'conntrack.drop');
    },
  ),
  ...twins(
    {
      name: 'conntrack-insert-failed',
      what: 'the ports of source NAT are used up (110)',
      expected: { conntrack_insert_failed: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene, { location: SHORT });
      const { network, ip } = scene.gateway;
      network.run(`iptables -t nat -A POSTROUTING -p tcp --dport 8080 -j SNAT --to-source ${ip}:40000-40005`);
      await scene.watch({ counters: true });
      // All try on until the ports are theirs.
      await holdOpen(network, pod.ip, 12);
      await delay(1500);
      return await provokeWhile(scene, network, 'conntrack.insert_failed');
    },
  ),
  ...twins(
    {
      name: 'ephemeral-ports',
      what: 'all ephemeral ports towards the pod are in use (99)',
      expected: { ephemeral_ports_exhausted: 1 },
      symptoms: ['address_unavailable'],
    },
    {
      what: 'the same behind Envoy, which counts a failed connection and no reason',
      symptoms: ['connect_refused', 'address_unavailable'],
    },
    async (scene, front) => {
      scene.gateway.network.run('sysctl -qw net.ipv4.ip_local_port_range="40000 40127"');
      const pod = await onePodBehind(front, scene);
      await scene.watch({ counters: true, collectors: { upstream_sockets: { interval: '1s' } } });
      await holdOpen(scene.gateway.network, pod.ip, 128);
      await delay(2_500);
      return await scene.provoke({ count: 20 });
    },
  ),
  {
    name: 'no-route',
    proxy: 'nginx',
    what: 'the route to a live pod is unreachable (113)',
    expected: { no_route_to_host: 1 },
    symptoms: ['host_unreachable'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      scene.gateway.network.run(`ip route add unreachable ${pod.ip}/32`);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'no-route-envoy',
    proxy: 'envoy',
    what: 'the route to a live pod is unreachable, and Envoy says of a failed connection only that it failed',
    expected: { unidentified: 1 },
    symptoms: ['connect_refused'],
    // It has the errno.
    logged: { expected: { no_route_to_host: 1 }, symptoms: ['host_unreachable'] },
    async stage(scene) {
      const pod = await onePodEnvoy(scene);
      await scene.watch({ healthy: false });
      scene.gateway.network.run(`ip route add unreachable ${pod.ip}/32`);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'route-black-hole',
    proxy: 'nginx',
    what: 'the route to a live pod is a black hole (22)',
    expected: { no_route_to_host: 1 },
    symptoms: ['other'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      scene.gateway.network.run(`ip route add blackhole ${pod.ip}/32`);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'live-pod-unreachable',
    proxy: 'nginx',
    what: 'the link of a live pod is down, nobody answers for its address (113)',
    expected: { no_route_to_host: 1 },
    symptoms: ['host_unreachable'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      pod.network.run('ip link set eth0 down');
      scene.gateway.network.run(...IMPATIENT);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  ...twins(
    {
      name: 'black-hole',
      what: 'a rule drops all that comes to a live pod (110)',
      expected: { connect_timeout: 1 },
      symptoms: ['connect_timeout'],
    },
    {},
    async (scene, front) => {
      const pod = await onePodBehind(front, scene, { location: SHORT });
      await scene.watch();
      pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  ),
  {
    name: 'black-hole-after-an-old-overflow',
    proxy: 'nginx',
    what: 'a rule drops all; the accept queue had overflowed long before, for other clients',
    expected: { connect_timeout: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, { backlog: 4 }, SHORT);
      const other = await scene.pod('other', { runs: false });
      pod.signal('SIGSTOP');
      await holdOpen(other.network, pod.ip, 12);
      await delay(1500);
      other.network.run('iptables -A OUTPUT -p tcp --dport 8080 -j DROP');
      pod.signal('SIGCONT');
      await scene.watch({ counters: true });
      pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
];
