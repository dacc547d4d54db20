import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { post } from './nginx-own.ts';
import { SHORT } from './two-pods.ts';

const MEBIBYTE = 1024 ** 2;
const TUNNELS = 10;
const SOON = 'proxy_read_timeout 500ms;';
const PASS = `proxy_pass http://${NGINX_UPSTREAM};`;

/** Two servers, of which the second one answers what the first one does not: clients get 200. */
const triedAgain = (
  told: Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms'>,
  { location, options = ['max_fails=0', 'max_fails=0'] }: { location: string; options?: readonly [string, string] },
  goesWrong: (pod: StagedPod) => void | Promise<void>,
): Fault => ({
  ...{ ...told, proxy: 'nginx' },
  async stage(scene) {
    const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')];
    scene.service(
      'cart',
      pods.map((pod) => pod.endpoint()),
    );
    await scene.nginxTo(
      pods.map(({ ip }, at) => `${ip}:8080 ${options[at]}`),
      { location },
    );
    await scene.watch();
    await goesWrong(pods[0]);
    await delay(300);
    return await scene.provokeAttempts({ count: 20 });
  },
});

async function pageStalls(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginx.start({
    http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; }`,
    server: `location /well { ${PASS} } location / { error_page 503 /sorry; return 503; } location = /sorry { internal; ${PASS} ${SOON} }`,
  });
  await scene.watch();
  await pod.does('silent');
  return { ...(await scene.provoke({ count: 20, together: 5 })), byProxy: null };
}

/** The application resets the connection within a large request. */
async function refuseLarge(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1', { does: 'ok' });
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], {
    location: 'proxy_request_buffering off; client_max_body_size 0;',
  });
  await scene.watch();
  await pod.does('reset');
  const statuses: number[] = [];
  for (let asked = 0; asked < 20; asked++) statuses.push(await post(scene.front, 8 * MEBIBYTE));
  return { failures: failedOf(statuses), lastMs: Date.now(), byProxy: null };
}

async function cutTunnels(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], {
    location: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;',
  });
  await scene.watch();
  await pod.does('upgradeReset');
  await Promise.all(
    Array.from({ length: TUNNELS }, () => {
      const headers = { connection: 'upgrade', upgrade: 'websocket', host: 'shop.example' };
      const outgoing = request({ socketPath: scene.front, path: '/', agent: false, headers });
      const { promise, resolve } = Promise.withResolvers<void>();
      outgoing.on('upgrade', (_, socket) =>
        socket
          .on('error', () => {})
          .on('close', () => resolve())
          .resume(),
      );
      outgoing.on('error', () => resolve()).end();
      return promise;
    }),
  );
  return { failures: TUNNELS, lastMs: Date.now(), byProxy: null };
}

async function dropStreams(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginx.start({
    main: `load_module /usr/lib/nginx/modules/ngx_stream_module.so; stream { upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; }
      server { listen unix:$DIR/stream.sock; proxy_pass ${NGINX_UPSTREAM}; ${SHORT} } }`,
    server: 'location = /well { return 200; }',
  });
  await scene.watch({ counters: true });
  pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP');
  const { statuses, lastMs } = await ask(`${scene.nginx.directory}/stream.sock`, { count: 20, together: 20 });
  return { failures: failedOf(statuses), lastMs, byProxy: null };
}

/** Attempts that fail, and what becomes of their requests. */
export const NGINX_ATTEMPT_FAULTS: readonly Fault[] = [
  {
    name: 'own-error-stalls',
    proxy: 'nginx',
    what: 'nginx answers 503 itself (return), and the application that has the page for it does not answer in time',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout', 'other'],
    stage: pageStalls,
  },
  triedAgain(
    {
      name: 'tried-again-on-502',
      what: 'one of two applications answers 502, and nginx asks the other one',
      expected: { app_error: 1 },
      symptoms: ['other', 'upstream_5xx'],
    },
    { location: 'proxy_next_upstream error http_502;' },
    async (pod) => await pod.does('badGateway'),
  ),
  triedAgain(
    {
      name: 'tried-again-after-a-timeout',
      what: 'one of two applications does not answer in time, and nginx asks the other one',
      expected: { response_timeout: 1 },
      symptoms: ['response_timeout'],
    },
    { location: `proxy_next_upstream error timeout; ${SOON}` },
    async (pod) => await pod.does('silent'),
  ),
  triedAgain(
    {
      name: 'backup-takes-over',
      what: 'nothing listens at the server any more, and the one that is its backup answers',
      expected: { not_listening: 1 },
      symptoms: ['connect_refused', 'peer_marked_down'],
    },
    { location: 'proxy_next_upstream error;', options: ['max_fails=1 fail_timeout=1s', 'backup'] },
    async (pod) => await pod.closeListener(),
  ),
  triedAgain(
    {
      name: 'one-of-two-behind-a-policy',
      what: 'a rule drops all that comes to one of two pods, and nginx asks the other one (110)',
      expected: { connect_timeout: 1 },
      symptoms: ['connect_timeout'],
    },
    { location: 'proxy_next_upstream error timeout; proxy_connect_timeout 300ms;' },
    (pod) => void pod.network.run('iptables -A INPUT -p tcp --dport 8080 -j DROP'),
  ),
  {
    name: 'large-request-reset',
    proxy: 'nginx',
    what: 'the application resets the connection within a large request (104, 32)',
    expected: { connection_reset: 1 },
    symptoms: ['reset', 'broken_pipe'],
    stage: refuseLarge,
  },
  {
    name: 'websocket-cut',
    proxy: 'nginx',
    what: 'the application resets WebSockets, of each of which nginx says so (104)',
    expected: { connection_reset: 1 },
    symptoms: ['reset'],
    stage: cutTunnels,
  },
  {
    name: 'stream-black-hole',
    proxy: 'nginx',
    what: 'connections that nginx passes on (stream), and a rule drops all that comes to the pod (110)',
    expected: { connect_timeout: 1 },
    symptoms: ['connect_timeout'],
    stage: dropStreams,
  },
];
