import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../support/certs.ts';
import type { Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { LISTEN } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/** A pod whose certificate says `cart`; the authority that issued it, and one that did not. */
async function tlsPod(scene: Scene, isExpired = false) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const [own, other] = [createAuthority(directory, 'own'), createAuthority(directory, 'other')];
  const pod = await scene.pod('cart-1', { tls: own.issue('server', 'DNS:cart', { expired: isExpired }) });
  scene.service('cart', [pod.endpoint()]);
  return { pod, own: own.certificate, other: other.certificate };
}

async function tlsNginx(scene: Scene, pod: StagedPod, lines = ''): Promise<void> {
  await scene.nginx.start({
    http: `upstream shop_cart_80 { server ${pod.ip}:8080 max_fails=0; }`,
    server: `location / { proxy_pass https://shop_cart_80; ${lines} }`,
  });
}

async function tlsEnvoy(scene: Scene, pod: StagedPod, validation_context?: object): Promise<void> {
  const typed_config = { '@type': TLS, ...(validation_context && { common_tls_context: { validation_context } }) };
  await scene.envoyTo(envoyWorld([pod.ip], { transport_socket: { name: 'tls', typed_config } }));
}

/** What TLS itself refuses: nothing is well before. */
const refused = (
  fault: Pick<Fault, 'name' | 'proxy' | 'what' | 'symptoms'>,
  stage: (scene: Scene) => Promise<void>,
): Fault => ({
  ...{ ...fault, expected: { upstream_tls: 1 } },
  async stage(scene) {
    await stage(scene);
    await scene.watch({ healthy: false });
    return await scene.provoke({ count: 20 });
  },
});

const plainPod = async (scene: Scene) => {
  const pod = await scene.pod('cart-1', { does: 'garbage' });
  scene.service('cart', [pod.endpoint()]);
  return pod;
};
/** A pod that takes connections and does this with the first bytes of each. */
async function scriptPod(scene: Scene, deed: string): Promise<StagedPod> {
  const pod = await scene.pod('cart-1', { port: null });
  const script = `require('net').createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => ${deed}); })${LISTEN}`;
  const child = pod.spawn(process.execPath, '-e', script, pod.ip);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  scene.service('cart', [pod.endpoint()]);
  return pod;
}
const UNTRUSTED = 'the certificate of the upstream is of an unknown authority';
const OTHER_NAME = 'the certificate of the upstream is for another name';
const PLAIN = 'TLS spoken to a plain port';
const verify = (certificate: string, name: string) =>
  `proxy_ssl_verify on; proxy_ssl_name ${name}; proxy_ssl_trusted_certificate ${certificate};`;

/** What fails before a request is sent: TLS and names. */
export const HANDSHAKE_FAULTS: readonly Fault[] = [
  refused({ name: 'tls-untrusted', proxy: 'nginx', what: UNTRUSTED, symptoms: ['tls_verify'] }, async (scene) => {
    const { pod, other } = await tlsPod(scene);
    await tlsNginx(scene, pod, verify(other, 'cart'));
  }),
  refused({ name: 'tls-other-name', proxy: 'nginx', what: OTHER_NAME, symptoms: ['tls_verify'] }, async (scene) => {
    const { pod, own } = await tlsPod(scene);
    await tlsNginx(scene, pod, verify(own, 'stock'));
  }),
  refused({ name: 'tls-to-plain-port', proxy: 'nginx', what: PLAIN, symptoms: ['tls_handshake'] }, async (scene) => {
    await tlsNginx(scene, await plainPod(scene));
  }),
  refused(
    {
      name: 'tls-expired',
      proxy: 'nginx',
      what: 'the certificate of the upstream has expired',
      symptoms: ['tls_verify'],
    },
    async (scene) => {
      const { pod, own } = await tlsPod(scene, true);
      await tlsNginx(scene, pod, verify(own, 'cart'));
    },
  ),
  refused(
    { name: 'tls-reset', proxy: 'nginx', what: 'a RST cuts the TLS handshake (104)', symptoms: ['tls_handshake'] },
    async (scene) => await tlsNginx(scene, await scriptPod(scene, 'socket.resetAndDestroy()')),
  ),
  refused(
    {
      name: 'tls-hung-up',
      proxy: 'nginx',
      what: 'the upstream hangs up during the TLS handshake',
      symptoms: ['tls_handshake'],
    },
    async (scene) => await tlsNginx(scene, await scriptPod(scene, 'socket.end()')),
  ),
  {
    ...refused(
      {
        name: 'plain-to-tls',
        proxy: 'nginx',
        what: 'plain HTTP to a port that speaks TLS and closes',
        symptoms: ['invalid_response', 'premature_close', 'reset'],
      },
      async (scene) => {
        const { pod } = await tlsPod(scene);
        await scene.nginxTo([`${pod.ip}:8080 max_fails=0`]);
      },
    ),
    expected: { premature_close: 1 },
  },
  refused({ name: 'tls-untrusted-envoy', proxy: 'envoy', what: UNTRUSTED, symptoms: ['tls_verify'] }, async (scene) => {
    const { pod, other } = await tlsPod(scene);
    await tlsEnvoy(scene, pod, { trusted_ca: { filename: other } });
  }),
  refused(
    { name: 'tls-other-name-envoy', proxy: 'envoy', what: OTHER_NAME, symptoms: ['tls_verify'] },
    async (scene) => {
      const { pod, own } = await tlsPod(scene);
      const names = [{ san_type: 'DNS', matcher: { exact: 'stock' } }];
      await tlsEnvoy(scene, pod, { trusted_ca: { filename: own }, match_typed_subject_alt_names: names });
    },
  ),
  refused(
    { name: 'tls-to-plain-port-envoy', proxy: 'envoy', what: PLAIN, symptoms: ['tls_handshake'] },
    async (scene) => {
      await tlsEnvoy(scene, await plainPod(scene));
    },
  ),
  {
    name: 'dns-failure',
    proxy: 'nginx',
    what: 'the name of the upstream does not exist',
    expected: { dns_failure: 1 },
    symptoms: ['dns_failure'],
    upstream: { upstream: '', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      // NXDOMAIN to every question (RFC 1035 §4.1.1), in the network of the gateway.
      const server = `const d = require('dgram').createSocket('udp4');
        d.on('message', (q, from) => { const a = Buffer.from(q); a.writeUInt16BE(0x8183, 2); a.fill(0, 6, 12); d.send(a, from.port, from.address); });
        d.bind(5353, '127.0.0.1', () => console.log('listens'))`;
      const child = scene.gateway.spawn(process.execPath, '-e', server);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        server: `resolver 127.0.0.1:5353 ipv6=off; location / { set $name cart.shop.svc; proxy_pass http://$name:8080; }`,
      });
      await scene.watch({ healthy: false, mapped: false, listed: false });
      return await scene.provoke({ count: 20 });
    },
  },
];
