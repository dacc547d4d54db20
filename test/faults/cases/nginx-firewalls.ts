import { setTimeout as delay } from 'node:timers/promises';
import type { Cause, Symptom } from '../../../src/contract/names.ts';
import { type Fault, NGINX_UPSTREAM } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { LISTEN } from './envoy-front.ts';
import { holdOpen } from './kernel.ts';
import { KEPT, scriptBehindNginx } from './nginx-front.ts';
import { onePod } from './sockets.ts';
import { GONE_FOR_MS, SHORT, twoPods, vanish } from './two-pods.ts';

const ANSWERS = `require('http').createServer((_, answer) => answer.end('ok'))${LISTEN}`;
/** What is on a connection that was there before. */
const ESTABLISHED = 'iptables -A INPUT -p tcp --dport 8080 -m tcp ! --syn';

interface Rule {
  readonly cause: Cause;
  readonly symptom: Symptom;
  readonly together?: number;
  readonly location?: string;
  setUp(scene: Scene, pod: StagedPod): void | Promise<void>;
}

/** A live pod that a rule of a network stands before. */
const ruled = (
  name: string,
  what: string,
  { cause, symptom, together = 20, location = SHORT, setUp }: Rule,
): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { [cause]: 1 }, symptoms: [symptom] },
  async stage(scene) {
    const pod = await onePod(scene, {}, location);
    await scene.watch({ counters: true });
    await setUp(scene, pod);
    return await scene.provoke({ count: 20, together });
  },
});

const rejectedBy = (icmp: string, symptom: Symptom, what: string): Fault =>
  ruled(`rejected-by-icmp-${icmp}`, what, {
    ...{ cause: 'no_route_to_host', symptom, together: 1 },
    async setUp(_, pod) {
      // The kernel tells six at once, and one a second after that.
      pod.network.run('sysctl -qw net.ipv4.icmp_ratelimit=0');
      pod.network.run(`iptables -A INPUT -p tcp --dport 8080 -j REJECT --reject-with icmp-${icmp}`);
    },
  });

/** Connections that nginx keeps, and a firewall that does not know them any more. */
const forgotten = (end: string, told: Omit<Fault, 'proxy' | 'stage' | 'name'>): Fault => ({
  ...{ ...told, name: `kept-connections-forgotten-${end}`, proxy: 'nginx' },
  async stage(scene) {
    const location = `${KEPT} proxy_read_timeout 1s;`;
    const pod = await scriptBehindNginx(scene, { script: ANSWERS, location, block: 'keepalive 20;' });
    await scene.watch();
    const { statuses } = await ask(scene.front, { count: 40, together: 20, path: '/well' });
    if (failedOf(statuses) > 0) throw new Error('not well before the fault');
    pod.network.run(`${ESTABLISHED} ${end === 'reset' ? '-j REJECT --reject-with tcp-reset' : '-j DROP'}`);
    return await scene.provoke({ count: 10, together: 10 });
  },
});

export const NGINX_FIREWALL_FAULTS: readonly Fault[] = [
  ruled('dropped-at-the-gateway', 'a rule of the gateway’s own network drops what it sends to a live pod (110)', {
    ...{ cause: 'connect_timeout', symptom: 'connect_timeout' },
    setUp: ({ gateway }) => void gateway.network.run('iptables -A OUTPUT -p tcp --dport 8080 -j DROP'),
  }),
  ruled('answers-dropped-at-the-gateway', 'the gateway’s network drops what a live pod answers to its SYNs (110)', {
    ...{ cause: 'connect_timeout', symptom: 'connect_timeout' },
    setUp: ({ gateway }) => void gateway.network.run('iptables -A INPUT -p tcp --sport 8080 -j DROP'),
  }),
  ruled(
    'syns-lost-at-times',
    'half of all packets to a live pod get lost, and nginx waits 600 ms for a connection (110)',
    {
      ...{ cause: 'connect_timeout', symptom: 'connect_timeout', location: 'proxy_connect_timeout 600ms;' },
      setUp: (_, { network }) =>
        void network.run(
          'iptables -A INPUT -p tcp --dport 8080 --syn -m statistic --mode nth --every 2 --packet 0 -j DROP',
        ),
    },
  ),
  ruled(
    'dropped-beside-a-short-queue',
    'a rule drops SYNs of the gateway; two connections of others wait in a queue that has room (110)',
    {
      ...{ cause: 'connect_timeout', symptom: 'connect_timeout', location: 'proxy_connect_timeout 2s;' },
      async setUp(scene, pod) {
        const other = await scene.pod('other', { runs: false });
        pod.signal('SIGSTOP');
        await holdOpen(other.network, pod.ip, 2);
        pod.network.run(`iptables -A INPUT -p tcp --dport 8080 -s ${scene.gateway.ip} -j DROP`);
      },
    },
  ),
  {
    name: 'queue-full-and-few-attempts',
    proxy: 'nginx',
    what: 'the application hangs, its accept queue is full, and three requests come one after another (110 after 2 s)',
    expected: { listen_queue_overflow: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, { backlog: 4 }, 'proxy_connect_timeout 2s;');
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ counters: true });
      pod.signal('SIGSTOP');
      await holdOpen(other.network, pod.ip, 5);
      return await scene.provoke({ count: 3 });
    },
  },
  {
    name: 'listen-queue-overflow-ipv6',
    proxy: 'nginx',
    what: 'the application hangs, the accept queue of its IPv6 socket is full (110)',
    expected: { listen_queue_overflow: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { host: '::', backlog: 4 });
      scene.service('cart', [pod.endpoint('ready', 'IPv6')]);
      await scene.nginxTo([`[${pod.spec.ipv6}]:8080 max_fails=0`], { location: SHORT });
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ counters: true });
      pod.signal('SIGSTOP');
      await holdOpen(other.network, pod.spec.ipv6, 6);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  rejectedBy(
    'admin-prohibited',
    'host_unreachable',
    'a firewall says that it does not want connections to a live pod (113)',
  ),
  rejectedBy(
    'net-unreachable',
    'network_unreachable',
    'a router says that the network of a live pod cannot be reached (101)',
  ),
  ruled('rejected-by-a-limit', 'a rule lets one connection a minute through, and rejects the others with RST (111)', {
    ...{ cause: 'connection_refused', symptom: 'connect_refused' },
    setUp: (_, { network }) =>
      void network.run(
        'iptables -A INPUT -p tcp --dport 8080 --syn -m limit --limit 1/min --limit-burst 1 -j ACCEPT',
        'iptables -A INPUT -p tcp --dport 8080 --syn -j REJECT --reject-with tcp-reset',
      ),
  }),
  forgotten('reset', {
    what: 'a firewall has forgotten the connections that nginx keeps, and resets them when they are used again (104)',
    expected: { connection_reset: 1 },
    symptoms: ['reset'],
  }),
  forgotten('dropped', {
    what: 'a firewall has forgotten the connections that nginx keeps, and drops what comes on them',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
  }),
  {
    name: 'link-lost-in-flight',
    proxy: 'nginx',
    what: 'the link of a live pod goes down while it works on requests',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, {}, 'proxy_read_timeout 2s;');
      await scene.watch();
      await pod.does('late');
      setTimeout(() => pod.network.run('ip link set eth0 down'), 400);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'stale-ipv6',
    proxy: 'nginx',
    what: 'pod deleted, its IPv6 address swallows everything (110)',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const [stays, goes] = [await scene.pod('cart-1', { host: '::' }), await scene.pod('cart-2', { host: '::' })];
      const [left, both] = [
        [stays.endpoint('ready', 'IPv6')],
        [stays.endpoint('ready', 'IPv6'), goes.endpoint('ready', 'IPv6')],
      ];
      scene.service('cart', both);
      await scene.nginxTo(
        [stays, goes].map(({ spec }) => `[${spec.ipv6}]:8080 max_fails=0`),
        { location: SHORT },
      );
      await scene.watch();
      await goes.end();
      scene.endpoints('cart', left);
      scene.deletePod(goes);
      goes.network.run('ip6tables -A INPUT -p tcp -j DROP');
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'reload-refused',
    proxy: 'nginx',
    what: 'pods are replaced, and nginx does not take its new configuration, which has a mistake: it keeps the old addresses (111)',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_refused', 'config_rejected'],
    async stage(scene) {
      const pods = await twoPods(scene);
      const fresh = await scene.pod('cart-3');
      await vanish(scene, pods);
      scene.endpoints('cart', [pods.stays.endpoint(), fresh.endpoint()]);
      const lines = [pods.stays, fresh].map(({ ip }) => `server ${ip}:8080 max_fails=0;`).join(' ');
      scene.nginx.reload({
        http: `upstream ${NGINX_UPSTREAM} { ${lines} }`,
        server: `location / { proxy_pass http://${NGINX_UPSTREAM}; proxy_read_tiemout 5s; }`,
      });
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: 20 });
    },
  },
];
