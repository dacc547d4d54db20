import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { envoyWorld } from '../faults/cases/envoy-world.ts';
import type { Scene } from '../faults/scene.ts';
import { ask } from '../faults/traffic.ts';
import { createAuthority } from '../support/certs.ts';

export type Say = (what: string) => void;
/** What is staged and told; `begin` ends when the program watches. */
export type Recorded = (scene: Scene) => { begin(): Promise<void>; goOn(say: Say): Promise<void> };

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
const RBAC = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
const PAY = 'outbound|80||pay.shop.svc.cluster.local';
const XDS = 'xds';
const HTTP2 = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const SECONDS = 1000;

/** A gateway with Envoy: a certificate that is not trusted, an application that is gone, a breaker that opens, a policy that denies. */
export const stageEnvoy: Recorded = (scene) => {
  let pods: Awaited<ReturnType<typeof begin>>;
  return {
    async begin() {
      pods = await begin(scene);
    },
    async goOn(say) {
      const stop = new AbortController();
      const traffic = keepAsking(scene, stop.signal);
      await tell(scene, pods, say);
      stop.abort();
      await traffic;
    },
  };
};

async function begin(scene: Scene) {
  const [first, second] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
  const directory = mkdtempSync(join(tmpdir(), 'badgateway-tls-'));
  scene.cleanup.after(() => rmSync(directory, { recursive: true, force: true }));
  const [own, other] = [createAuthority(directory, 'own'), createAuthority(directory, 'other')];
  const pay = await scene.pod('pay-1', { tls: own.issue('server', 'DNS:pay') });
  scene.service('cart', [first.endpoint(), second.endpoint()]);
  scene.service('pay', [pay.endpoint()]);
  const validation_context = { trusted_ca: { filename: other.certificate } };
  const transport_socket = { name: 'tls', typed_config: { '@type': TLS, common_tls_context: { validation_context } } };
  const permissions = [{ header: { name: ':path', string_match: { exact: '/denied' } } }];
  const rules = { action: 'DENY', policies: { nobody: { permissions, principals: [{ any: true }] } } };
  const check = { timeout: '0.2s', interval: '0.5s', unhealthy_threshold: 1, healthy_threshold: 1 };
  const { clusters, routes } = envoyWorld([first.ip, second.ip], {
    circuit_breakers: { thresholds: [{ max_requests: 8, max_pending_requests: 2, track_remaining: true }] },
    health_checks: [{ ...check, tcp_health_check: {} }],
  });
  const http2 = { '@type': HTTP2, explicit_http_config: { http2_protocol_options: {} } };
  const typed_extension_protocol_options = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 };
  const xds = { name: XDS, hosts: [{ address: pay.ip, port: 9 }], extra: { typed_extension_protocol_options } };
  await scene.envoyTo({
    clusters: [...clusters, { name: PAY, hosts: [{ address: pay.ip, port: 8080 }], extra: { transport_socket } }, xds],
    routes: [{ prefix: '/pay', route: { cluster: PAY } }, ...routes],
    filters: [{ name: 'rbac', typed_config: { '@type': RBAC, rules } }],
    // A control plane that is not there.
    bootstrap: {
      dynamic_resources: {
        ads_config: {
          ...{ api_type: 'GRPC', transport_api_version: 'V3' },
          grpc_services: [{ envoy_grpc: { cluster_name: XDS } }],
        },
      },
    },
  });
  await scene.watch({ collectors: { upstream_sockets: { interval: '2s' }, listeners: { interval: '2s' } } });
  return { first, second };
}

async function keepAsking({ front }: Scene, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await ask(front, { count: 4, together: 2 });
    await ask(front, { count: 1, path: '/denied' });
    await delay(200);
  }
}

async function tell(scene: Scene, { first, second }: Awaited<ReturnType<typeof begin>>, say: Say): Promise<void> {
  await delay(8 * SECONDS);
  say('the certificate of pay is not trusted');
  for (let left = 6; left > 0; left--) {
    await ask(scene.front, { count: 2, path: '/pay' });
    await delay(500);
  }
  say('cart-2 listens no more');
  await second.end();
  await delay(8 * SECONDS);
  say('cart-1 is slow, and the breaker opens');
  await first.does('silent');
  await ask(scene.front, { count: 40, together: 40, timeoutMs: 9 * SECONDS });
  await first.does('ok');
  await delay(6 * SECONDS);
}
