import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { StagedPod } from '../pod.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { nameServer, RESOLVER } from './envoy-dns.ts';
import { assign, BY_EDS } from './envoy-eds.ts';
import { envoyWorld } from './envoy-world.ts';
import { NOWHERE } from './gateway.ts';
import { GONE_FOR_MS } from './two-pods.ts';

const COUNT = 20;
/** Envoy has read what the control plane says by then. */
const HEARD_MS = 1500;
/** Requests are at the application by then. */
const ASKED_MS = 700;
/** Far more polls of badgateway than it remembers a host that left. */
const MANY_POLLS_MS = 9000;

async function replaceable(scene: Scene, route: object): Promise<{ old: StagedPod; fresh: StagedPod }> {
  const [old, fresh] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
  scene.service('cart', [old.endpoint()]);
  assign(scene, [[old.ip]]);
  await scene.envoyTo(envoyWorld([], BY_EDS, { route }));
  await scene.watch();
  await old.does('silent');
  return { old, fresh };
}

/** Hosts and clusters that leave while requests are under way, or that others still name. */
export const ENVOY_LEAVING_FAULTS: readonly Fault[] = [
  {
    name: 'removed-in-flight-envoy',
    proxy: 'envoy',
    what: 'the control plane replaces a pod that ends and does not answer, and requests which it has time out',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    async stage(scene) {
      const { old, fresh } = await replaceable(scene, { timeout: '10s' });
      const failing = scene.provoke({ count: COUNT, together: COUNT });
      await delay(ASKED_MS);
      scene.endpoints('cart', [fresh.endpoint(), old.endpoint('terminating')]);
      assign(scene, [[fresh.ip]]);
      return await failing;
    },
  },
  {
    name: 'ended-in-flight-envoy',
    proxy: 'envoy',
    what: 'the control plane replaces a pod that ends, and it is killed long after with requests in hand',
    expected: { terminating_endpoint: 1 },
    symptoms: ['premature_close'],
    async stage(scene) {
      const { old, fresh } = await replaceable(scene, { timeout: '0s' });
      const failing = scene.provoke({ count: COUNT, together: COUNT });
      await delay(ASKED_MS);
      scene.endpoints('cart', [fresh.endpoint(), old.endpoint('terminating')]);
      assign(scene, [[fresh.ip]]);
      await delay(MANY_POLLS_MS);
      await old.end();
      return await failing;
    },
  },
  {
    name: 'drop-overload-host-leaves-envoy',
    proxy: 'envoy',
    what: 'the control plane removes a host and has Envoy drop all requests, in one update',
    expected: { overload: 1 },
    symptoms: ['overload'],
    async stage(scene) {
      const pods = [await scene.pod('cart-1'), await scene.pod('cart-2')];
      scene.service(
        'cart',
        pods.map((pod) => pod.endpoint()),
      );
      assign(scene, [pods.map(({ ip }) => ip)]);
      await scene.envoyTo(envoyWorld([], BY_EDS));
      await scene.watch();
      assign(scene, [[pods[0].ip]], 100);
      const statuses: number[] = [];
      for (const endMs = Date.now() + HEARD_MS; Date.now() < endMs; await delay(20))
        statuses.push(...(await ask(scene.front, { count: 1 })).statuses);
      const failures = failedOf(statuses);
      if (failures === 0) throw new Error('nothing was dropped');
      return { failures, lastMs: Date.now(), byProxy: null };
    },
  },
  {
    name: 'cluster-removed-envoy',
    proxy: 'envoy',
    what: 'the control plane removes the cluster, and the route still names it',
    expected: { no_cluster: 1 },
    symptoms: ['no_cluster'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      clusters(scene, [pod.ip]);
      const path_config_source = { path: '$DIR/cds.json' };
      await scene.envoyTo({
        ...envoyWorld([]),
        clusters: [],
        http: {
          route_config: { validate_clusters: false, virtual_hosts: [{ name: 'all', domains: ['*'], routes: [ROUTE] }] },
        },
        bootstrap: { dynamic_resources: { cds_config: { resource_api_version: 'V3', path_config_source } } },
      });
      await scene.watch();
      clusters(scene, null);
      await delay(HEARD_MS);
      return await scene.provoke({ count: COUNT });
    },
  },
  {
    name: 'dns-stale-envoy',
    proxy: 'envoy',
    what: 'pods are replaced, and Envoy goes on with what a name server said before (STRICT_DNS)',
    expected: { stale_endpoint: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await nameServer(scene, pod.ip);
      const strict = { type: 'STRICT_DNS', dns_lookup_family: 'V4_ONLY', typed_dns_resolver_config: RESOLVER };
      const [cluster] = envoyWorld([], { ...strict, dns_refresh_rate: '300s' }).clusters;
      const hosts = [{ address: 'cart.shop.svc', port: 8080 }];
      await scene.envoyTo({ ...envoyWorld([]), clusters: [{ ...cluster, hosts }] });
      await scene.watch();
      const fresh = await scene.pod('cart-2');
      scene.endpoints('cart', [fresh.endpoint()]);
      await pod.end();
      scene.deletePod(pod);
      await delay(GONE_FOR_MS);
      return await scene.provoke({ count: COUNT });
    },
  },
];

const ROUTE = { match: { prefix: '/' }, route: { cluster: ENVOY_UPSTREAM } };
const CLUSTER = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

/** What the control plane says of clusters: shop/cart with these hosts, or none. */
function clusters(scene: Scene, ips: readonly string[] | null): void {
  const lb_endpoints = ips?.map((address) => ({
    endpoint: { address: { socket_address: { address, port_value: 8080 } } },
  }));
  const load_assignment = { cluster_name: ENVOY_UPSTREAM, endpoints: [{ lb_endpoints }] };
  const one = { '@type': CLUSTER, name: ENVOY_UPSTREAM, type: 'STATIC', connect_timeout: '1s', load_assignment };
  const path = `${scene.envoy.directory}/cds.json`;
  writeFileSync(
    `${path}.fresh`,
    JSON.stringify({ version_info: String(Date.now()), resources: ips === null ? [] : [one] }),
  );
  renameSync(`${path}.fresh`, path);
}
