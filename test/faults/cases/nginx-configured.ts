import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { NOWHERE } from './gateway.ts';
import { onePod } from './sockets.ts';

/** nginx answers 5xx itself, because it is told to. */
const ownAnswer = (name: string, what: string, server: string): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { unidentified: 1 }, symptoms: ['other'], upstream: NOWHERE },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.nginx.start({
      http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080; }`,
      server: `location = /well { proxy_pass http://${NGINX_UPSTREAM}; } ${server}`,
    });
    await scene.watch();
    return { ...(await scene.provoke({ count: 20, path: '/missing' })), byProxy: null };
  },
});

/** Two pods that listen no more, of which nginx asks the second because of the first. */
async function bothGone(scene: Scene, start: (first: StagedPod, second: StagedPod) => Promise<void>) {
  const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')] as const;
  scene.service(
    'cart',
    pods.map((pod) => pod.endpoint()),
  );
  await start(...pods);
  await scene.watch();
  for (const pod of pods) await pod.closeListener();
  await delay(500);
  return await scene.provokeAttempts({ count: 20 });
}

async function hideBehindCache(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], {
    http: 'proxy_cache_path $DIR/tmp/cache keys_zone=all:1m;',
    location: 'proxy_cache all; proxy_cache_key all; proxy_cache_valid 1s; proxy_cache_use_stale error;',
  });
  await scene.watch();
  await pod.closeListener();
  await delay(2500);
  return await scene.provokeAttempts({ count: 20 });
}

async function authGone(scene: Scene): Promise<Provoked> {
  const [pod, auth] = [await scene.pod('cart-1'), await scene.pod('auth-1')];
  scene.service('cart', [auth.endpoint()]);
  const upstreams = `upstream app { server ${pod.ip}:8080; } upstream ${NGINX_UPSTREAM} { server ${auth.ip}:8080 max_fails=0; }`;
  await scene.nginx.start({
    http: upstreams,
    server: `location / { auth_request /auth; proxy_pass http://app; }
      location = /auth { internal; proxy_pass http://${NGINX_UPSTREAM}; }`,
  });
  await scene.watch();
  await auth.closeListener();
  await delay(500);
  return await scene.provoke({ count: 20 });
}

async function killWorker(scene: Scene): Promise<Provoked> {
  const pod = await onePod(scene);
  await scene.watch();
  await pod.does('silent');
  const asked = ask(scene.front, { count: 10, together: 10 });
  await delay(500);
  const [worker] = readFileSync(`/proc/${scene.nginx.pid}/task/${scene.nginx.pid}/children`, 'utf8').split(' ');
  process.kill(Number(worker), 'SIGKILL');
  const { lastMs } = await asked;
  return { failures: 0, lastMs, byProxy: null };
}

const FALLBACK = `location / { error_page 502 = @other; proxy_pass http://${NGINX_UPSTREAM}; }
  location @other { proxy_pass http://${NGINX_UPSTREAM}; }`;

/** What nginx makes of a failure, or makes itself, because its configuration says so. */
export const NGINX_CONFIGURED_FAULTS: readonly Fault[] = [
  ownAnswer('return-502', 'nginx answers 502 itself (return)', 'location / { return 502; }'),
  ownAnswer(
    'rewrite-cycle',
    'a rewrite leads back to itself: nginx gives up after ten rounds (500)',
    'location / { rewrite ^ /again last; }',
  ),
  ownAnswer(
    'proxy-pass-empty',
    'the variable that names the upstream is empty (500)',
    'location / { set $nobody ""; proxy_pass $nobody; }',
  ),
  ownAnswer(
    'page-instead-of-404',
    'the application answers 404, and nginx is told to make 503 of it (error_page)',
    `location / { proxy_intercept_errors on; error_page 404 =503 /closed; proxy_pass http://${NGINX_UPSTREAM}; }
      location = /closed { internal; return 503; }`,
  ),
  {
    name: 'page-instead-of-500',
    proxy: 'nginx',
    what: 'the application answers 500, and clients get a page with 200 instead (proxy_intercept_errors)',
    expected: { app_error: 1 },
    symptoms: ['upstream_5xx'],
    async stage(scene) {
      const pod = await onePod(
        scene,
        {},
        'proxy_intercept_errors on; error_page 500 =200 /sorry;} location = /sorry { return 200 sorry;',
      );
      await scene.watch();
      await pod.does('error');
      return await scene.provokeAttempts({ count: 20 });
    },
  },
  {
    name: 'fallback-down',
    proxy: 'nginx',
    what: 'nothing listens, and what nginx asks instead is the same upstream (error_page 502 = @other): two attempts a request',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    stage: (scene) =>
      bothGone(scene, (first, second) =>
        scene.nginx.start({
          http: `upstream ${NGINX_UPSTREAM} { server ${first.ip}:8080 max_fails=0; server ${second.ip}:8080 max_fails=0; }`,
          server: FALLBACK,
        }),
      ),
  },
  {
    name: 'backup-down',
    proxy: 'nginx',
    what: 'nothing listens at the server, nor at the one that is its backup: then no live upstreams',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused', 'no_live_upstreams', 'peer_marked_down'],
    stage: (scene) =>
      bothGone(scene, (first, second) =>
        scene.nginxTo([`${first.ip}:8080 fail_timeout=30s`, `${second.ip}:8080 backup fail_timeout=30s`], {
          location: 'proxy_next_upstream error;',
        }),
      ),
  },
  {
    name: 'hidden-by-cache',
    proxy: 'nginx',
    what: 'the application listens no more, and clients get what is in the cache (proxy_cache_use_stale)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    stage: hideBehindCache,
  },
  {
    name: 'auth-request-refused',
    proxy: 'nginx',
    what: 'nothing listens where auth_request asks: nginx answers 500',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused', 'subrequest_failed'],
    stage: authGone,
  },
  {
    name: 'worker-killed',
    proxy: 'nginx',
    what: 'somebody kills a worker (-9) with its requests, of which no log tells: an event, no failed attempt',
    expected: {},
    symptoms: ['worker_crash'],
    stage: killWorker,
  },
];
