import { setTimeout as delay } from 'node:timers/promises';
import type { Symptom } from '../../../src/contract/names.ts';
import { type Fault, NGINX_UPSTREAM, type Provoked } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { nameServer } from './envoy-dns.ts';
import { h2, raw } from './envoy-protocols.ts';
import { NOWHERE } from './gateway.ts';
import { KEPT, type Setup, said, scriptBehindNginx } from './nginx-front.ts';
import { onePod } from './sockets.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const GRPC = `grpc_pass grpc://${NGINX_UPSTREAM};`;
const FASTCGI = `fastcgi_pass ${NGINX_UPSTREAM}; fastcgi_param REQUEST_METHOD GET;`;
const says = (answer: string) => raw(`socket.once('data', () => socket.end(${JSON.stringify(answer)}))`);
const TRAILERS_ONLY = h2(
  "stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14' }, { endStream: true });",
);

const harmless = (name: string, what: string, symptoms: readonly Symptom[], setup: Setup): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: {}, symptoms },
  async stage(scene) {
    await scriptBehindNginx(scene, setup);
    await scene.watch({ healthy: false });
    const { lastMs } = await ask(scene.front, { count: 20 });
    return { failures: 0, lastMs, byProxy: null };
  },
});

/** The application listens no more, and nginx speaks something else than HTTP to it. */
const closed = (name: string, what: string, location: string): Fault => ({
  ...{ name, what, proxy: 'nginx', expected: { not_listening: 1 }, symptoms: ['connect_refused'] },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.nginx.start({
      http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; }`,
      server: `location /well { proxy_pass http://${NGINX_UPSTREAM}; } location / { ${location} }`,
    });
    await scene.watch();
    await pod.closeListener();
    await delay(500);
    return await scene.provoke({ count: 20 });
  },
});

/** A new pod is ready at once, for want of a probe, before it listens. */
async function rollOut(scene: Scene): Promise<Provoked> {
  const old = await onePod(scene);
  await scene.watch();
  const fresh = await scene.pod('cart-2', { port: null });
  scene.endpoints('cart', [old.endpoint('terminating'), fresh.endpoint()]);
  scene.nginx.reload({
    http: `upstream ${NGINX_UPSTREAM} { server ${fresh.ip}:8080 max_fails=0; }`,
    server: `location / { proxy_pass http://${NGINX_UPSTREAM}; }`,
  });
  await delay(1_000);
  return await scene.provoke({ count: 20 });
}

async function oneAddressOfTwoBlocks(scene: Scene): Promise<Provoked> {
  const pod = await scene.pod('cart-1');
  scene.service('cart', [pod.endpoint()]);
  await scene.nginx.start({
    http: `upstream ${NGINX_UPSTREAM} { server ${pod.ip}:8080 max_fails=0; } upstream backend { server ${pod.ip}:8080; }`,
    server: `location / { proxy_pass http://${NGINX_UPSTREAM}; } location /other { proxy_pass http://backend; }`,
  });
  await scene.watch();
  await pod.closeListener();
  await delay(500);
  return await scene.provoke({ count: 20 });
}

/** What applications answer that nginx takes amiss, or not. */
export const NGINX_ANSWER_FAULTS: readonly Fault[] = [
  said('chunks-end-early', 'the application closes between two chunks', 'truncated_response', 'truncated_response', {
    ...{ script: says(`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`), location: KEPT, isAnswered: true },
  }),
  said('app-error-504', 'the application answers 504, as one that is a gateway itself', 'app_error', 'other', {
    script: says('HTTP/1.1 504 Behind\r\nContent-Length: 2\r\n\r\nno'),
  }),
  harmless('more-than-announced', 'an answer is longer than it says: clients get what was announced', [], {
    script: says(`${OK}Content-Length: 2\r\n\r\nokokok`),
  }),
  harmless('grpc-status', 'the application answers calls of gRPC with a status of its own (14), which is no 5xx', [], {
    ...{ script: TRAILERS_ONLY, location: GRPC },
  }),
  closed('grpc-not-listening', 'calls of gRPC, the application listens no more', GRPC),
  closed('fastcgi-not-listening', 'no FastCGI worker listens any more', FASTCGI),
  {
    name: 'rollout-without-a-probe',
    proxy: 'nginx',
    what: 'a new pod is ready at once, for want of a probe, and does not listen yet (111)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    stage: rollOut,
  },
  {
    name: 'two-blocks-one-address',
    proxy: 'nginx',
    what: 'two upstreams have the same address, where nothing listens any more: the log names the address',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    // Both stand for the Service, and which of them was asked nobody says.
    upstream: { upstream: '' },
    stage: oneAddressOfTwoBlocks,
  },
  {
    name: 'dns-empty',
    proxy: 'nginx',
    what: 'the name of the upstream exists and has no address',
    expected: { dns_failure: 1 },
    symptoms: ['dns_failure'],
    upstream: NOWHERE,
    async stage(scene) {
      await nameServer(scene, 'empty');
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        server:
          'resolver 127.0.0.1:5353 ipv6=off; resolver_timeout 500ms; location / { set $name cart.shop.svc; proxy_pass http://$name:8080; }',
      });
      await scene.watch({ healthy: false, mapped: false, listed: false });
      return await scene.provoke({ count: 20, together: 5 });
    },
  },
];
