import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { raw } from './envoy-protocols.ts';
import { scriptBehindNginx } from './nginx-front.ts';

/** Resets connections, but for those that ask whether a request may pass: it is silent on these. */
const SCRIPT = raw(
  "socket.once('data', (said) => { if (!String(said).startsWith('GET /auth')) socket.resetAndDestroy(); })",
);

async function askSlowAuthorization(scene: Scene): Promise<Provoked> {
  const [pod, auth] = [await scene.pod('cart-1'), await scene.pod('auth-1')];
  scene.service('cart', [pod.endpoint()]);
  scene.service('auth', [auth.endpoint()]);
  await scene.nginx.start({
    http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080; } upstream shop_auth_80 { server ${auth.ip}:8080 max_fails=0; }`,
    server: `location / { auth_request /auth; proxy_pass http://${NGINX_UPSTREAM}; }
      location = /auth { internal; proxy_pass http://shop_auth_80; proxy_read_timeout 500ms; }`,
  });
  await scene.watch();
  await auth.does('silent');
  return await scene.provoke({ count: 20, together: 5 });
}

/** Requests that fail and requests whose authorization fails, at the same time and of the same address. */
async function askBoth(scene: Scene): Promise<Provoked> {
  const auth = `location = /auth { internal; proxy_pass http://${NGINX_UPSTREAM}; proxy_read_timeout 500ms; }`;
  const passes = `proxy_pass http://${NGINX_UPSTREAM};`;
  await scriptBehindNginx(scene, {
    script: SCRIPT,
    location: `auth_request /auth; ${passes} } ${auth} location /open { ${passes}`,
  });
  await scene.watch({ healthy: false });
  const [open] = await Promise.all([
    scene.provoke({ count: 20, path: '/open' }),
    ask(scene.front, { count: 20, together: 5 }),
  ]);
  return { ...open, failures: 40, lastMs: Date.now(), byProxy: null };
}

/** Requests inside a client's: their attempts are in the error log only. */
export const NGINX_SUBREQUEST_FAULTS: readonly Fault[] = [
  {
    name: 'auth-request-slow',
    proxy: 'nginx',
    what: 'the service that auth_request asks does not answer in time: 500',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout', 'subrequest_failed'],
    upstream: { upstream: 'shop_auth_80', upstream_service: 'auth' },
    stage: askSlowAuthorization,
  },
  {
    name: 'auth-request-slow-beside-resets',
    proxy: 'nginx',
    what: 'half of the requests wait for an authorization that is not answered in time (500), the other half are reset by the same application',
    expected: { response_timeout: 0.5, connection_reset: 0.5 },
    symptoms: ['response_timeout', 'subrequest_failed', 'reset'],
    stage: askBoth,
  },
];
