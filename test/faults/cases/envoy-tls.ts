import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../support/certs.ts';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { front, LISTEN, standing, TYPE } from './envoy-front.ts';

interface Upstream {
  readonly isExpired?: boolean;
  /** Further options of its `tls.createServer`; `ca` is its authority's certificate. */
  readonly options?: string;
  /** Further fields of Envoy's CommonTlsContext. */
  readonly common?: object;
}

function certificates(scene: Scene, isExpired = false) {
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const own = createAuthority(directory, 'own');
  return { authority: own.certificate, ...own.issue('server', 'DNS:cart', { expired: isExpired }) };
}

const upstreamTls = (common_tls_context: object) => ({
  name: 'tls',
  typed_config: { '@type': `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`, common_tls_context },
});

const refused = (name: string, what: string, { isExpired, options = '', common = {} }: Upstream): Fault => ({
  ...{ name, what, proxy: 'envoy', expected: { upstream_tls: 1 }, symptoms: ['tls_handshake', 'tls_verify'] },
  async stage(scene) {
    const { authority, cert, key } = certificates(scene, isExpired);
    const script = `const read = require('fs').readFileSync; const ca = read('${authority}');
      const server = require('tls').createServer({ cert: read('${cert}'), key: read('${key}'), ${options} }, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'));
      });
      server.on('tlsClientError', () => {}); server${LISTEN};`;
    const validation_context = { trusted_ca: { filename: authority } };
    await front(scene, { script, cluster: { transport_socket: upstreamTls({ validation_context, ...common }) } });
    await scene.watch({ healthy: false });
    return await scene.provoke({ count: 20 });
  },
});

/** TLS towards upstreams, and of clients. */
export const ENVOY_TLS_FAULTS: readonly Fault[] = [
  refused('tls-expired-envoy', 'the certificate of the upstream has expired', { isExpired: true }),
  refused('tls-client-certificate-envoy', 'the upstream wants a certificate, and Envoy has none', {
    options: 'requestCert: true, rejectUnauthorized: true, ca',
  }),
  refused('tls-version-envoy', 'the upstream speaks TLS 1.3 only, Envoy up to 1.2', {
    options: "minVersion: 'TLSv1.3'",
    common: { tls_params: { tls_maximum_protocol_version: 'TLSv1_2' } },
  }),
  refused('tls-alpn-envoy', 'Envoy speaks HTTP/2 only, the upstream HTTP/1 only (ALPN)', {
    ...{ options: "ALPNProtocols: ['http/1.1']", common: { alpn_protocols: ['h2'] } },
  }),
  {
    name: 'tls-secret-missing-envoy',
    proxy: 'envoy',
    what: 'the control plane has not given the secret that Envoy needs for TLS (SDS)',
    expected: { upstream_tls: 1 },
    symptoms: ['tls_handshake'],
    async stage(scene) {
      writeFileSync(join(scene.envoy.directory, 'sds.json'), JSON.stringify({ version_info: '1', resources: [] }));
      const source = { resource_api_version: 'V3', initial_fetch_timeout: '0.2s' };
      const sds_config = { ...source, path_config_source: { path: '$DIR/sds.json' } };
      const validation_context_sds_secret_config = { name: 'authority', sds_config };
      await front(scene, { cluster: { transport_socket: upstreamTls({ validation_context_sds_secret_config }) } });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  standing(
    {
      ...{ name: 'tls-hung-up-envoy', what: 'the upstream hangs up during the TLS handshake, which Envoy only counts' },
      ...{ expected: { unidentified: 1 }, symptoms: ['connect_refused'] },
    },
    {
      script: `require('net').createServer((socket) => socket.once('data', () => socket.end()))${LISTEN}`,
      cluster: { transport_socket: upstreamTls({}) },
    },
  ),
  standing(
    {
      ...{ name: 'tls-reset-envoy', what: 'a RST cuts the TLS handshake, which Envoy only counts' },
      ...{ expected: { unidentified: 1 }, symptoms: ['connect_refused'] },
      logged: { expected: { upstream_tls: 1 }, symptoms: ['tls_handshake'] },
    },
    {
      script: `require('net').createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))${LISTEN}`,
      cluster: { transport_socket: upstreamTls({}) },
    },
  ),
  standing(
    {
      ...{ name: 'tls-silent-envoy', what: 'the upstream says nothing in the TLS handshake' },
      ...{ expected: { connect_timeout: 1 }, symptoms: ['connect_timeout'] },
    },
    {
      script: `require('net').createServer((socket) => socket.on('error', () => {}))${LISTEN}`,
      cluster: { transport_socket: upstreamTls({}) },
    },
    { count: 10, together: 5 },
  ),
  {
    name: 'tls-plain-client-envoy',
    proxy: 'envoy',
    what: 'clients speak plain HTTP to a listener with TLS: no failure',
    expected: {},
    symptoms: ['client_tls_error'],
    async stage(scene) {
      const { cert, key } = certificates(scene);
      const pair = { certificate_chain: { filename: cert }, private_key: { filename: key } };
      const typed_config = {
        '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: { tls_certificates: [pair] },
      };
      await front(scene, { world: { chain: { transport_socket: { name: 'tls', typed_config } } } });
      await scene.watch({ healthy: false });
      for (let asked = 0; asked < 20; asked++) await broken(scene.front);
      return { failures: 0, lastMs: Date.now(), byProxy: null };
    },
  },
];

const broken = (socketPath: string) =>
  new Promise<void>((resolve, reject) => {
    const outgoing = request({ socketPath, agent: false }, () => reject(new Error('answered')));
    outgoing.on('error', () => resolve()).end();
  });
