import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { ask } from '../traffic.ts';
import { nameServer, RESOLVER } from './envoy-dns.ts';
import { type Front, front, standing } from './envoy-front.ts';
import { raw } from './envoy-protocols.ts';
import { envoyWorld } from './envoy-world.ts';

const COUNT = 20;
/** Where nothing listens. */
const HELPER = { name: 'helper', hosts: [{ address: '127.0.0.1', port: 9 }] };
const AT_HELPER = {
  expected: { not_listening: 1 },
  symptoms: ['connect_refused'],
  upstream: { upstream: 'helper', upstream_namespace: '', upstream_service: '', upstream_port: '' },
} as const;
const REDIRECTS = raw(
  "socket.once('data', () => socket.end('HTTP/1.1 302 Found\\r\\nLocation: http://shop.example/next\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n'))",
);
const mapped = (status_code: number) => ({
  mappers: [
    {
      filter: { status_code_filter: { comparison: { op: 'EQ', value: { default_value: 503, runtime_key: 'none' } } } },
      status_code,
    },
  ],
});

/** The application listens no more, after all was well. */
const closed = (told: Pick<Fault, 'name' | 'what'>, world: Front['world'] & object, cluster: object = {}): Fault => ({
  ...{ ...told, proxy: 'envoy', expected: { not_listening: 1 }, symptoms: ['connect_refused'] },
  async stage(scene) {
    const pod = await front(scene, { cluster, world });
    await scene.watch();
    await pod.closeListener();
    await delay(300);
    return await scene.provoke({ count: COUNT });
  },
});

/** What routes do with requests before and after an upstream is asked. */
export const ENVOY_ROUTE_FAULTS: readonly Fault[] = [
  {
    name: 'weighted-clusters-envoy',
    proxy: 'envoy',
    what: 'a route of two weighted clusters, in one of them nothing listens',
    ...AT_HELPER,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const made = envoyWorld([pod.ip]);
      const clusters = [
        { name: ENVOY_UPSTREAM, weight: 50 },
        { name: 'helper', weight: 50 },
      ];
      await scene.envoyTo({
        clusters: [...made.clusters, HELPER],
        routes: [{ prefix: '/', route: { weighted_clusters: { clusters } } }],
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 40 });
    },
  },
  {
    name: 'internal-redirect-envoy',
    proxy: 'envoy',
    what: 'Envoy follows a redirect of the application (internal_redirect_policy) to a cluster where nothing listens',
    ...AT_HELPER,
    async stage(scene) {
      const pod = await scene.pod('cart-1', { port: null });
      const child = pod.spawn(process.execPath, '-e', REDIRECTS, pod.ip);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      scene.service('cart', [pod.endpoint()]);
      const { clusters } = envoyWorld([pod.ip]);
      await scene.envoyTo({
        clusters: [...clusters, HELPER],
        routes: [
          { prefix: '/next', route: { cluster: 'helper' } },
          { prefix: '/', route: { cluster: ENVOY_UPSTREAM, internal_redirect_policy: {} } },
        ],
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: COUNT });
    },
  },
  closed(
    { name: 'reply-mapped-envoy', what: 'nothing listens, and Envoy is told to say 500 where it would say 503' },
    { http: { local_reply_config: mapped(500) } },
  ),
  closed(
    { name: 'retry-budget-envoy', what: 'nothing listens, and the retry budget allows no further try' },
    { route: { retry_policy: { retry_on: 'connect-failure,5xx', num_retries: 3 } } },
    {
      circuit_breakers: {
        thresholds: [{ retry_budget: { budget_percent: { value: 0 }, min_retry_concurrency: 0 } }],
      },
    },
  ),
  {
    name: 'outlier-one-of-two-envoy',
    proxy: 'envoy',
    what: 'one of two hosts answers 503 until it is ejected, the other one answers',
    expected: { app_error: 1 },
    symptoms: ['upstream_5xx'],
    async stage(scene) {
      const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')];
      scene.service(
        'cart',
        pods.map((pod) => pod.endpoint()),
      );
      const outlier_detection = { consecutive_5xx: 5, interval: '0.2s', base_ejection_time: '60s' };
      const ips = pods.map(({ ip }) => ip);
      await scene.envoyTo(envoyWorld(ips, { outlier_detection: { ...outlier_detection, max_ejection_percent: 50 } }));
      await scene.watch();
      await pods[1].does('unavailable');
      const failing = await scene.provoke({ count: COUNT });
      const { statuses } = await ask(scene.front, { count: COUNT });
      if (statuses.some((status) => status !== 200)) throw new Error(`not ejected: ${statuses.join(' ')}`);
      return failing;
    },
  },
  standing(
    {
      ...{
        name: 'original-destination-unknown-envoy',
        what: 'a request says nothing of its destination (ORIGINAL_DST)',
      },
      ...{ expected: { no_healthy_upstream: 1 }, symptoms: ['no_healthy_upstream'] },
    },
    {
      cluster: {
        ...{ type: 'ORIGINAL_DST', load_assignment: undefined, lb_policy: 'CLUSTER_PROVIDED' },
        original_dst_lb_config: { use_http_header: true },
      },
    },
  ),
  {
    name: 'dns-empty-envoy',
    proxy: 'envoy',
    what: 'the name of the upstream exists and has no address',
    expected: { dns_failure: 1 },
    symptoms: ['no_healthy_upstream', 'dns_failure'],
    async stage(scene) {
      await nameServer(scene, 'empty');
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const world = envoyWorld([], {
        ...{ type: 'STRICT_DNS', dns_lookup_family: 'V4_ONLY', typed_dns_resolver_config: RESOLVER },
        dns_refresh_rate: '1s',
      });
      const [cluster] = world.clusters;
      const hosts = [{ address: 'cart.shop.svc', port: 8080 }];
      await scene.envoyTo({ ...world, clusters: [{ ...cluster, hosts }] });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: COUNT });
    },
  },
];
