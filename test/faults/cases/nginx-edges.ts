import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, NGINX_UPSTREAM } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { NOWHERE } from './gateway.ts';
import { holdOpen } from './kernel.ts';
import { onePod } from './sockets.ts';
import { SHORT } from './two-pods.ts';

/** argv: address. Listens on 9090 and accepts nothing. */
const HANGS =
  "require('net').createServer().listen({ host: process.argv[1], port: 9090, backlog: 4 }, () => { console.log('listens'); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 100); })";
/** argv: a path. The same there. */
const HANGS_AT =
  "require('net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => { console.log('listens'); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 100); })";

/** Another application of the pod hangs, and others ask it: its queue overflows all the time. */
async function overflowBeside(scene: Scene, pod: StagedPod): Promise<void> {
  const other = await scene.pod('other', { runs: false });
  await once(pod.spawn(process.execPath, '-e', HANGS, pod.ip).stdout!, 'data');
  await scene.watch({ counters: true });
  await holdOpen(other.network, pod.ip, 60, 9090);
}

const PLAIN = { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' };

/** What nginx meets besides a plain upstream behind a plain network. */
export const NGINX_EDGE_FAULTS: readonly Fault[] = [
  {
    name: 'black-hole-beside-an-overflow',
    proxy: 'nginx',
    what: 'a rule drops all that comes to a live pod, in which the queue of another port overflows',
    expected: { connect_timeout: 1 },
    symptoms: ['connect_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, {}, SHORT);
      await overflowBeside(scene, pod);
      pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'slow-beside-an-overflow',
    proxy: 'nginx',
    what: 'the application does not answer in time; the queue of another port of its pod overflows',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, {}, 'proxy_read_timeout 1s;');
      await overflowBeside(scene, pod);
      await pod.does('silent');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'ipv6-without-route',
    proxy: 'nginx',
    what: 'the upstream has an IPv6 address to which the gateway has no route (101)',
    expected: { no_route_to_host: 1 },
    symptoms: ['network_unreachable'],
    upstream: PLAIN,
    async stage(scene) {
      await scene.nginxTo(['[2001:db8::1]:8080 max_fails=0'], { upstream: 'backend' });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'ipv6-switched-off',
    proxy: 'nginx',
    what: 'the upstream has an IPv6 address, and IPv6 is switched off at the gateway (99 or 101)',
    expected: { no_route_to_host: 1 },
    symptoms: ['network_unreachable', 'address_unavailable'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { host: '::' });
      scene.service('cart', [pod.endpoint('ready', 'IPv6')]);
      await scene.nginxTo([`[${pod.spec.ipv6}]:8080 max_fails=0`]);
      await scene.watch();
      scene.gateway.network.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1');
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'unix-socket-queue-full',
    proxy: 'nginx',
    what: 'the application behind a unix socket hangs, its queue is full (11)',
    expected: { listen_queue_overflow: 1 },
    symptoms: ['queue_full'],
    upstream: PLAIN,
    async stage(scene) {
      const { directory } = scene.nginx;
      const child = scene.gateway.spawn(process.execPath, '-e', HANGS_AT, `${directory}/own.sock`);
      await once(child.stdout!, 'data');
      await scene.nginxTo(['unix:$DIR/own.sock max_fails=0'], {
        ...{ upstream: 'backend', location: 'proxy_read_timeout 60s;' },
      });
      await scene.watch({ kubernetes: false, healthy: false });
      await delay(200);
      void ask(scene.front, { count: 2, together: 2, timeoutMs: 60_000 });
      await delay(500);
      return { ...(await scene.provoke({ count: 20 })), byProxy: null };
    },
  },
  {
    name: 'rejected-at-the-gateway',
    proxy: 'nginx',
    what: 'a rule of the gateway’s own network rejects what it sends to a live pod (111)',
    expected: { connection_refused: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      await onePod(scene);
      await scene.watch();
      scene.gateway.network.run('iptables -A OUTPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset');
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'route-prohibited',
    proxy: 'nginx',
    what: 'the route to a live pod is prohibited (13)',
    expected: { permission_denied: 1 },
    symptoms: ['permission_denied'],
    async stage(scene) {
      const pod = await onePod(scene);
      await scene.watch();
      scene.gateway.network.run(`ip route add prohibit ${pod.ip}/32`);
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'large-answers-lost',
    proxy: 'nginx',
    what: 'packets above 1,000 bytes get lost on the way back (MTU), small ones do not',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, {}, 'proxy_read_timeout 1s;');
      await scene.watch();
      pod.network.run('iptables -A OUTPUT -p tcp --sport 8080 -m length --length 1000:65535 -j DROP');
      await pod.does('large');
      return { ...(await scene.provoke({ count: 20, together: 20 })), byProxy: null };
    },
  },
  {
    name: 'limit-of-a-dry-run',
    proxy: 'nginx',
    what: 'nginx answers 503 (return), and a limit that is only tried out says whom it would refuse',
    expected: { unidentified: 1 },
    symptoms: ['other', 'rate_limited', 'access_denied'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        http: `limit_req_zone all zone=all:1m rate=1r/m; upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080; }`,
        server: `error_page 403 =503 /closed; location = /closed { internal; return 503; } limit_req zone=all; limit_req_dry_run on;
          location /well { proxy_pass http://${NGINX_UPSTREAM}; } location / { deny all; }`,
      });
      await scene.watch();
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'mirror-down',
    proxy: 'nginx',
    what: 'nothing listens where requests are mirrored to: attempts fail, no request does',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    upstream: PLAIN,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        http: `upstream backend { server 127.0.0.1:9 max_fails=0; } upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080; }`,
        server: `location = /copy { internal; proxy_pass http://backend; }
          location /well { proxy_pass http://${NGINX_UPSTREAM}; } location / { mirror /copy; proxy_pass http://${NGINX_UPSTREAM}; }`,
      });
      await scene.watch();
      const { lastMs } = await ask(scene.front, { count: 20 });
      return { failures: 20, lastMs, byProxy: null };
    },
  },
  {
    name: 'page-instead-of-error',
    proxy: 'nginx',
    what: 'the application listens no more, and clients get a page with 200 instead (error_page)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await onePod(scene, {}, 'error_page 502 =200 /sorry;} location = /sorry { return 200 sorry;');
      await scene.watch();
      await pod.closeListener();
      await delay(500);
      return await scene.provokeAttempts({ count: 20 });
    },
  },
  {
    name: 'stream-not-listening',
    proxy: 'nginx',
    what: 'connections that nginx passes on (stream), and the application listens no more',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        main: `load_module /usr/lib/nginx/modules/ngx_stream_module.so; stream { upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; }
          server { listen unix:$DIR/stream.sock; proxy_pass ${NGINX_UPSTREAM}; } }`,
        server: 'location = /well { return 200; }',
      });
      await scene.watch();
      await pod.closeListener();
      await delay(500);
      const { statuses, lastMs } = await ask(`${scene.nginx.directory}/stream.sock`, { count: 20 });
      return { failures: statuses.filter((status) => status === 0).length, lastMs, byProxy: null };
    },
  },
];
