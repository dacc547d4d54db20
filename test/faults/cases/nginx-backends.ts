import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority } from '../../support/certs.ts';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { LISTEN } from './envoy-front.ts';
import { GOAWAY, raw } from './envoy-protocols.ts';
import { holdOpen } from './kernel.ts';
import { KEPT, said, scriptBehindNginx } from './nginx-front.ts';
import { onePod } from './sockets.ts';
import { SHORT } from './two-pods.ts';

const CLOSES = raw("socket.once('data', () => socket.end())");
/** Each connection answers once. */
const ANSWERS_ONCE = raw(
  "let asked = 0; socket.on('data', () => asked++ ? socket.destroy() : socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'))",
);
const SOON = 'proxy_connect_timeout 1s; proxy_read_timeout 1s;';

/** shop/cart on one pod where an nginx runs, and the gateway in front of it. */
async function nginxBehindNginx(scene: Scene, { files = 1024, listen = '', location = '' }): Promise<StagedPod> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-backend-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const pod = await scene.pod('cart-1', { port: null });
  // Alone: a master that is killed leaves its workers behind.
  const text = `master_process off; daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
    events {} http { access_log off; server { listen ${pod.ip}:8080 ${listen}; location / { return 200 ok; } } }`;
  const [config, log] = [join(directory, 'nginx.conf'), join(directory, 'error.log')];
  writeFileSync(config, text);
  pod.spawn('prlimit', `--nofile=${files}`, 'nginx', '-p', directory, '-c', config, '-e', log);
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], { location });
  return pod;
}

/** The backend has no descriptor left, so that it does not take what waits at its port. */
async function outOfDescriptors(scene: Scene): Promise<Provoked> {
  const pod = await nginxBehindNginx(scene, { files: 24, location: SOON });
  const other = await scene.pod('other', { runs: false });
  await scene.watch({ counters: true });
  await holdOpen(other.network, pod.ip, 40);
  return await scene.provoke({ count: 20, together: 10 });
}

async function onlyNewTls(scene: Scene): Promise<Provoked> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const { cert, key } = createAuthority(directory, 'own').issue('server', 'DNS:cart');
  const script = `const read = require('fs').readFileSync;
    require('tls').createServer({ cert: read('${cert}'), key: read('${key}'), minVersion: 'TLSv1.3' }, () => {}).on('tlsClientError', () => {})${LISTEN}`;
  const location = `proxy_pass https://${NGINX_UPSTREAM}; proxy_ssl_protocols TLSv1.2;`;
  await scriptBehindNginx(scene, { script, location });
  await scene.watch({ healthy: false });
  return await scene.provoke({ count: 20 });
}

async function crashLoop(scene: Scene): Promise<Provoked> {
  const pod = await onePod(scene);
  await scene.watch();
  await pod.end();
  const terminated = { reason: 'Error', exitCode: 1, finishedAt: new Date().toISOString() };
  scene.changePod(pod, (draft) => {
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    const [container] = draft.status.containerStatuses!;
    Object.assign(container, { restartCount: 4, ready: false, state, lastState: { terminated } });
  });
  scene.endpoints('cart', [pod.endpoint('unready')]);
  await delay(500);
  return await scene.provoke({ count: 20 });
}

const breaks = (
  told: Omit<Fault, 'proxy' | 'stage'>,
  inPod: (pod: StagedPod, scene: Scene) => string,
  asking: { readonly headers?: Readonly<Record<string, string>> } = {},
): Fault => ({
  ...{ ...told, proxy: 'nginx' },
  async stage(scene) {
    const pod = await onePod(scene, {}, SOON);
    await scene.watch({ counters: true });
    pod.network.run(inPod(pod, scene));
    return await scene.provoke({ count: 20, together: 20, ...asking });
  },
});

/** Applications that are there and cannot be talked to. */
export const NGINX_BACKEND_FAULTS: readonly Fault[] = [
  said('http1-to-http2', 'nginx speaks HTTP/1, the application HTTP/2 only', 'protocol_error', 'invalid_response', {
    // As servers do it; Node's own leaves the connection open, so that now and then nobody waits for the end of what nginx takes for HTTP/0.9.
    script: raw(`socket.once('data', () => socket.end(${GOAWAY}))`),
    isAnswered: true,
  }),
  said('memcached-to-http', 'memcached spoken to an application of HTTP', 'protocol_error', 'invalid_response', {
    script: `require('http').createServer((_, answer) => answer.end('ok'))${LISTEN}`,
    location: `set $memcached_key one; memcached_pass ${NGINX_UPSTREAM};`,
  }),
  said('scgi-worker-dies', 'an SCGI worker dies at each request', 'premature_close', 'premature_close', {
    script: CLOSES,
    location: `scgi_pass ${NGINX_UPSTREAM};`,
  }),
  said(
    'tls-silent',
    'the upstream takes connections and says nothing in the TLS handshake',
    'response_timeout',
    'response_timeout',
    {
      script: raw(''),
      location: `proxy_pass https://${NGINX_UPSTREAM}; ${SOON}`,
    },
  ),
  {
    name: 'tls-version',
    proxy: 'nginx',
    what: 'the upstream speaks TLS 1.3 only, nginx is told to speak 1.2',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_handshake'],
    stage: onlyNewTls,
  },
  {
    name: 'proxy-protocol-missing',
    proxy: 'nginx',
    what: 'the application wants the PROXY protocol before each request, and closes without',
    expected: { premature_close: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      await nginxBehindNginx(scene, { listen: 'proxy_protocol' });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'keepalive-closed-and-tried-again',
    proxy: 'nginx',
    what: 'kept connections are closed when their second request comes; nginx takes a new one, clients get 200',
    expected: { premature_close: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      await scriptBehindNginx(scene, {
        script: ANSWERS_ONCE,
        location: `${KEPT} proxy_next_upstream error;`,
        block: 'keepalive 8;',
      });
      await scene.watch({ healthy: false });
      return await scene.provokeAttempts({ count: 20 });
    },
  },
  {
    name: 'application-out-of-descriptors',
    proxy: 'nginx',
    what: 'the application may open no further file: what it does not accept waits at its port (110)',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    stage: outOfDescriptors,
  },
  breaks(
    {
      name: 'large-requests-lost',
      what: 'packets above 1,000 bytes get lost on the way to the application (MTU), small ones do not',
      expected: { response_timeout: 1 },
      symptoms: ['response_timeout'],
    },
    () => 'iptables -A INPUT -p tcp --dport 8080 -m length --length 1000:65535 -j DROP',
    { headers: { cookie: 'x'.repeat(3000) } },
  ),
  breaks(
    {
      name: 'no-way-back',
      what: 'a live pod has no route to the gateway (110)',
      expected: { connect_timeout: 1 },
      symptoms: ['connect_timeout'],
    },
    (_, { gateway }) => `ip route add blackhole ${gateway.ip}/32`,
  ),
  {
    name: 'crash-loop',
    proxy: 'nginx',
    what: 'the application crashes again and again, its endpoint is not ready (111)',
    expected: { not_ready_endpoint: 1 },
    symptoms: ['connect_refused'],
    stage: crashLoop,
  },
  {
    name: 'data-lost',
    proxy: 'nginx',
    what: 'connections are made, and a rule drops all data on them',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const pod = await onePod(scene, {}, SHORT.replace('connect', 'read'));
      await scene.watch({ counters: true });
      pod.network.run('iptables -A INPUT -p tcp --dport 8080 --tcp-flags PSH PSH -j DROP');
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
];
