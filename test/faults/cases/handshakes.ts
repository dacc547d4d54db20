import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../support/certs.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { envoyWorld } from './envoy-world.ts';

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

async function tlsPod(scene: Scene) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const { certificate } = createAuthority(directory, 'trusted');
  const tls = createAuthority(directory, 'other').issue('server', 'DNS:cart');
  const pod = await scene.pod('cart-1', { tls });
  scene.service('cart', [pod.endpoint()]);
  return { pod, certificate };
}

/** What fails before a request is sent: TLS and names. */
export const HANDSHAKE_FAULTS: readonly Fault[] = [
  {
    name: 'tls-untrusted',
    proxy: 'nginx',
    what: 'the certificate of the upstream is of an unknown authority',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_verify'],
    async stage(scene) {
      const { pod, certificate } = await tlsPod(scene);
      await scene.nginx.start({
        http: `upstream shop_cart_80 { server ${pod.ip}:8080 max_fails=0; }`,
        server: `location / { proxy_pass https://shop_cart_80; proxy_ssl_verify on; proxy_ssl_trusted_certificate ${certificate}; }`,
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'tls-to-plain-port',
    proxy: 'nginx',
    what: 'TLS spoken to a plain port',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_handshake'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { does: 'garbage' });
      scene.service('cart', [pod.endpoint()]);
      await scene.nginx.start({
        http: `upstream shop_cart_80 { server ${pod.ip}:8080 max_fails=0; }`,
        server: 'location / { proxy_pass https://shop_cart_80; }',
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'tls-untrusted-envoy',
    proxy: 'envoy',
    what: 'the certificate of the upstream is of an unknown authority',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_verify', 'tls_handshake'],
    async stage(scene) {
      const { pod, certificate } = await tlsPod(scene);
      const validation_context = { trusted_ca: { filename: certificate } };
      const typed_config = { '@type': TLS, common_tls_context: { validation_context } };
      await scene.envoyTo(envoyWorld([pod.ip], { transport_socket: { name: 'tls', typed_config } }));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'tls-to-plain-port-envoy',
    proxy: 'envoy',
    what: 'TLS spoken to a plain port',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_handshake'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { does: 'garbage' });
      scene.service('cart', [pod.endpoint()]);
      await scene.envoyTo(envoyWorld([pod.ip], { transport_socket: { name: 'tls', typed_config: { '@type': TLS } } }));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
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
      await scene.watch({ healthy: false, mapped: false });
      return await scene.provoke({ count: 20 });
    },
  },
];
