import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority } from '../../support/certs.ts';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { LISTEN } from './envoy-front.ts';
import { raw } from './envoy-protocols.ts';
import { holdOpen } from './kernel.ts';
import { scriptBehindNginx, standingBehindNginx } from './nginx-front.ts';
import { stormy } from './storms.ts';
import { SHORT } from './two-pods.ts';

/** argv: address. Accepts nothing. */
const HANGS =
  "require('net').createServer().listen({ host: process.argv[1], port: 8080, backlog: 4 }, () => { console.log('listens'); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 100); })";
/** Words of nginx within PHP's, as far as a line goes. */
const FORGED =
  'PHP Fatal error: x\nupstream prematurely closed connection while reading response header from upstream, client: 192.0.2.1, server: _';
/** argv: address. FastCGI (records of types 7, 6 and 3): says that in stderr and answers 500. */
const PHP = `const record = (type, text) => Buffer.concat([Buffer.from([1, type, 0, 1, text.length >> 8, text.length & 255, 0, 0]), Buffer.from(text)]);
  const answer = [record(7, ${JSON.stringify(FORGED)}), record(6, 'Status: 500 Oh\\r\\nContent-Type: text/plain\\r\\n\\r\\nno'), record(6, ''), record(3, '\\0'.repeat(8))];
  require('net').createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => socket.end(Buffer.concat(answer))); })${LISTEN}`;
const PLAIN = { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' };

/** The kernel's count of connections that the gateway began in vain. */
function failedAttempts({ gateway: { network } }: Scene): number {
  const [names, values] = network.run('grep ^Tcp: /proc/net/snmp').split('\n');
  return Number(values.split(' ')[names.split(' ').indexOf('AttemptFails')]);
}

async function updateInBackground(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], {
    http: 'proxy_cache_path $DIR/tmp/cache keys_zone=all:1m;',
    location:
      'proxy_cache all; proxy_cache_key all; proxy_cache_valid 1s; proxy_cache_use_stale error updating; proxy_cache_background_update on;',
  });
  await scene.watch();
  await pod.closeListener();
  await delay(2_500);
  const before = failedAttempts(scene);
  const { statuses, lastMs } = await ask(scene.front, { count: 20 });
  if (failedOf(statuses) > 0) throw new Error('requests fail');
  return { failures: failedAttempts(scene) - before, lastMs, byProxy: null };
}

async function wantCertificate(scene: Scene): Promise<Provoked> {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const own = createAuthority(directory, 'own');
  const { cert, key } = own.issue('server', 'DNS:cart');
  const files = Object.entries({ cert, key, ca: own.certificate }).map(([name, path]) => `${name}: read('${path}')`);
  const script = `const read = require('fs').readFileSync;
    require('tls').createServer({ ${files.join(', ')}, requestCert: true }, () => {}).on('tlsClientError', () => {})${LISTEN}`;
  await scriptBehindNginx(scene, {
    script,
    location: `proxy_pass https://${NGINX_UPSTREAM}; proxy_ssl_protocols TLSv1.3;`,
  });
  await scene.watch({ healthy: false });
  return await scene.provoke({ count: 20 });
}

/** What is met once a year. */
export const NGINX_RARE_FAULTS: readonly Fault[] = [
  {
    name: 'overflow-in-the-gateways-network',
    proxy: 'nginx',
    what: 'gateway and application in one network (hostNetwork): the application hangs, its queue is full',
    expected: { listen_queue_overflow: 1 },
    symptoms: ['connect_timeout'],
    upstream: PLAIN,
    async stage(scene) {
      const { gateway } = scene;
      await once(gateway.spawn(process.execPath, '-e', HANGS, gateway.ip).stdout!, 'data');
      await scene.nginxTo([`${gateway.ip}:8080 max_fails=0`], { upstream: 'backend', location: SHORT });
      const other = await scene.pod('other', { runs: false });
      await scene.watch({ kubernetes: false, healthy: false });
      await holdOpen(other.network, gateway.ip, 6);
      return await scene.provoke({ count: 20, together: 20 });
    },
  },
  {
    name: 'storm-app-error',
    proxy: 'nginx',
    what: 'both pods answer 503, which nginx is told to take for a failure: it takes them down, then no live upstreams',
    expected: { app_error: 1 },
    symptoms: ['upstream_5xx', 'no_live_upstreams', 'peer_marked_down'],
    async stage(scene) {
      for (const pod of await stormy(scene, 'proxy_next_upstream error http_503;')) await pod.does('unavailable');
      return await scene.provokeAttempts({ count: 20 });
    },
  },
  standingBehindNginx(
    {
      name: 'app-error-502-and-reset',
      what: 'one application answers 502 and resets in turn',
      expected: { app_error: 0.5, connection_reset: 0.5 },
      symptoms: ['reset', 'other'],
    },
    {
      script: `let asked = 0; ${raw("socket.once('data', () => asked++ % 2 ? socket.resetAndDestroy() : socket.end('HTTP/1.1 502 Behind\\r\\nContent-Length: 2\\r\\n\\r\\nno'))")}`,
    },
  ),
  {
    name: 'cache-updated-in-the-background',
    proxy: 'nginx',
    what: 'the application listens no more, where nginx refreshes its cache in the background: attempts fail, no request does',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    stage: updateInBackground,
  },
  {
    name: 'tls-client-certificate',
    proxy: 'nginx',
    what: 'the upstream wants a certificate, and nginx has none: TLS 1.3 says so when the request was sent',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_handshake'],
    stage: wantCertificate,
  },
  standingBehindNginx(
    {
      name: 'php-fatal',
      what: 'PHP answers 500, and says a fatal error that reads like nginx’s own words',
      expected: { app_error: 1 },
      symptoms: ['upstream_5xx'],
    },
    { script: PHP, location: `fastcgi_pass ${NGINX_UPSTREAM}; fastcgi_param REQUEST_METHOD GET;` },
  ),
];
