import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask } from '../traffic.ts';
import { nameServer, RESOLVER } from './envoy-dns.ts';
import { assign, BY_EDS } from './envoy-eds.ts';
import { harmless, TYPE } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';
import { NOWHERE } from './gateway.ts';
import { limitOf } from './own-answers.ts';

const COUNT = 20;

const assigned = (told: Pick<Fault, 'name' | 'what' | 'expected'>, isScaledToNothing: boolean): Fault => ({
  ...{ ...told, proxy: 'envoy', symptoms: ['no_healthy_upstream'] },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    assign(scene, [[pod.ip]]);
    await scene.envoyTo(envoyWorld([], BY_EDS));
    await scene.watch();
    if (isScaledToNothing) {
      scene.endpoints('cart', []);
      scene.deletePod(pod);
    }
    assign(scene, []);
    await delay(3000);
    return await scene.provoke({ count: COUNT });
  },
});

/** Opens a WebSocket and waits until it ends. */
const tunnel = (socketPath: string) =>
  new Promise<void>((resolve, reject) => {
    const headers = { host: 'shop.example', connection: 'upgrade', upgrade: 'websocket' };
    const outgoing = request({ socketPath, path: '/', agent: false, headers }, () => reject(new Error('not upgraded')));
    outgoing.on('upgrade', (_answer, socket) => socket.on('error', () => {}).on('close', () => resolve()));
    outgoing.on('error', reject).end();
  });
const tunnels = async ({ front }: Scene) => await Promise.all(Array.from({ length: COUNT }, () => tunnel(front)));
const UPGRADES = { world: { http: { upgrade_configs: [{ upgrade_type: 'websocket' }] } } };

const CACHE = { name: 'cache', dns_lookup_family: 'V4_ONLY', typed_dns_resolver_config: RESOLVER };
const dynamic = (kind: string) => ({
  '@type': `${TYPE}.${kind === 'clusters' ? 'clusters.dynamic_forward_proxy.v3.ClusterConfig' : 'filters.http.dynamic_forward_proxy.v3.FilterConfig'}`,
  dns_cache_config: CACHE,
});

/** What happens at the edges of an Envoy: of a control plane, of limits and of connections that are not plain requests. */
export const ENVOY_EDGE_FAULTS: readonly Fault[] = [
  assigned(
    {
      ...{ name: 'eds-empty-envoy', what: 'the control plane says that the cluster has no host, its pod is ready' },
      expected: { no_healthy_upstream: 1 },
    },
    false,
  ),
  assigned(
    {
      ...{ name: 'eds-no-endpoints-envoy', what: 'Service scaled to 0, and the control plane says so' },
      expected: { no_endpoints: 1 },
    },
    true,
  ),
  harmless(
    {
      ...{ name: 'rate-limited-429-envoy', what: 'a local rate limit refuses with 429: no failure' },
      symptoms: ['rate_limited'],
    },
    { world: { filters: [limitOf('TooManyRequests')] } },
    async ({ front }) => {
      const { statuses } = await ask(front, { count: COUNT });
      if (!statuses.includes(429)) throw new Error(`not limited: ${statuses.join(' ')}`);
    },
  ),
  harmless(
    {
      ...{
        name: 'drained-envoy',
        what: 'Envoy is told to drain, and answers what comes with its last words: no failure',
      },
      symptoms: [],
    },
    { app: { does: 'late' } },
    async ({ front, envoy }) => {
      const asked = ask(front, { count: COUNT, together: COUNT });
      await delay(300);
      await envoy.order('/drain_listeners?graceful');
      const { statuses } = await asked;
      if (statuses.some((one) => one !== 200)) throw new Error(`not answered: ${statuses.join(' ')}`);
    },
  ),
  harmless(
    {
      ...{
        name: 'connection-limit-envoy',
        what: 'a filter closes connections beyond its limit: no failure of a request',
      },
      symptoms: [],
    },
    {
      app: { does: 'late' },
      world: {
        networkFilters: [
          {
            name: 'envoy.filters.network.connection_limit',
            typed_config: {
              '@type': `${TYPE}.filters.network.connection_limit.v3.ConnectionLimit`,
              ...{ stat_prefix: 'limit', max_connections: 2 },
            },
          },
        ],
      },
    },
    async ({ front }) => {
      const { statuses } = await ask(front, { count: COUNT, together: COUNT });
      if (!statuses.includes(0)) throw new Error(`not limited: ${statuses.join(' ')}`);
    },
  ),
  harmless(
    {
      ...{
        name: 'connection-duration-envoy',
        what: 'connections last longer than they may, requests are answered: no failure',
      },
      symptoms: [],
    },
    {
      app: { does: 'late' },
      world: { http: { common_http_protocol_options: { max_connection_duration: '0.3s' }, drain_timeout: '2s' } },
    },
    async ({ front }) => {
      const { statuses } = await ask(front, { count: COUNT, together: COUNT });
      if (statuses.some((one) => one !== 200)) throw new Error(`not answered: ${statuses.join(' ')}`);
    },
  ),
  harmless(
    { name: 'websocket-ends-envoy', what: 'the application ends WebSockets: no failure', symptoms: [] },
    { ...UPGRADES, app: { does: 'upgrade' } },
    tunnels,
  ),
  harmless(
    { name: 'websocket-cut-envoy', what: 'the application resets WebSockets: no failure', symptoms: [] },
    { ...UPGRADES, app: { does: 'upgradeReset' } },
    tunnels,
  ),
  {
    name: 'forward-proxy-dns-envoy',
    proxy: 'envoy',
    what: 'a dynamic forward proxy looks up a name that does not exist, which only an access log says',
    expected: { unidentified: 1 },
    symptoms: ['other', 'dns_failure'],
    upstream: NOWHERE,
    logged: { expected: { dns_failure: 1 }, symptoms: ['dns_failure'], upstream: { ...NOWHERE, upstream: 'forward' } },
    loggedBriefly: { expected: { dns_failure: 1 }, symptoms: ['dns_failure'] },
    async stage(scene) {
      await nameServer(scene, 'nxdomain');
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const cluster_type = { name: 'envoy.clusters.dynamic_forward_proxy', typed_config: dynamic('clusters') };
      const extra = { type: undefined, load_assignment: undefined, lb_policy: 'CLUSTER_PROVIDED', cluster_type };
      const world = envoyWorld([pod.ip]);
      await scene.envoyTo({
        ...world,
        filters: [{ name: 'envoy.filters.http.dynamic_forward_proxy', typed_config: dynamic('filter') }],
        clusters: [...world.clusters, { name: 'forward', hosts: [], extra }],
        routes: [
          { prefix: '/well', route: { cluster: ENVOY_UPSTREAM } },
          { prefix: '/', route: { cluster: 'forward' } },
        ],
      });
      await scene.watch();
      return await scene.provoke({ count: COUNT });
    },
  },
];
