import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { ask } from '../traffic.ts';
import { filter, front, HTTP2, standing } from './envoy-front.ts';
import { h2 } from './envoy-protocols.ts';
import { envoyWorld } from './envoy-world.ts';
import { NOWHERE } from './gateway.ts';

const breaker = (threshold: object) => ({ circuit_breakers: { thresholds: [threshold] } });
const OPEN = { expected: { circuit_open: 1 }, symptoms: ['circuit_open'] } as const;
/** So many sessions of a TCP proxy are begun; none of them has an answer. */
const SESSIONS = 20;
/** Each answers after a second. */
const SLOW_STREAMS = h2('setTimeout(() => stream.destroyed || stream.respond({}, { endStream: true }), 1000);').replace(
  'createServer()',
  'createServer({ settings: { maxConcurrentStreams: 1 } })',
);
/** More than Envoy keeps of an answer, for a filter that wants the whole of it. */
const WHOLE_BODY = `function envoy_on_response(handle)
  if handle:headers():get(":status") == "200" then handle:body() end
end`;

const session = (told: Pick<Fault, 'name' | 'what' | 'expected' | 'symptoms'>, cluster: object): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.envoyTo(envoyWorld([pod.ip], cluster, { tcp: { cluster: ENVOY_UPSTREAM } }));
    await scene.watch({ healthy: false });
    const { lastMs } = await ask(scene.front, { count: SESSIONS });
    return { failures: SESSIONS, lastMs, byProxy: null };
  },
});

/** Pools of connections, what waits for them, and how much of an answer Envoy keeps. */
export const ENVOY_POOL_FAULTS: readonly Fault[] = [
  {
    ...{ name: 'max-connection-pools-envoy', proxy: 'envoy', ...OPEN },
    what: 'the circuit breaker allows one connection pool, and the cluster has two hosts',
    // That is what it says of it.
    logged: { expected: { no_healthy_upstream: 1 }, symptoms: ['no_healthy_upstream'] },
    async stage(scene) {
      const pods = [await scene.pod('cart-1', { does: 'late' }), await scene.pod('cart-2', { does: 'late' })];
      scene.service(
        'cart',
        pods.map((pod) => pod.endpoint()),
      );
      const ips = pods.map(({ ip }) => ip);
      await scene.envoyTo(envoyWorld(ips, breaker({ max_connection_pools: 1 })));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20, together: 10 });
    },
  },
  {
    ...{ name: 'http2-streams-full-envoy', proxy: 'envoy', ...OPEN },
    what: 'the application takes one stream at a time, the circuit breaker allows one connection and one that waits',
    async stage(scene) {
      const cluster = { ...HTTP2, ...breaker({ max_connections: 1, max_pending_requests: 1 }) };
      await front(scene, { script: SLOW_STREAMS, cluster });
      // Envoy knows how many streams it may open.
      await scene.watch();
      return await scene.provoke({ count: 12, together: 6 });
    },
  },
  standing(
    {
      ...{ name: 'waits-for-connection-envoy', expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
      what: 'the circuit breaker allows one connection, and requests wait for it until their time is over',
    },
    { app: { does: 'late' }, cluster: breaker({ max_connections: 1 }), world: { route: { timeout: '2.5s' } } },
    { count: 8, together: 8 },
  ),
  standing(
    {
      ...{ name: 'upstream-duration-envoy', expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
      what: 'the application does not answer, and the cluster allows no stream so long (max_stream_duration)',
    },
    {
      app: { does: 'silent' },
      cluster: {
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            common_http_protocol_options: { max_stream_duration: '0.5s' },
            explicit_http_config: { http_protocol_options: {} },
          },
        },
      },
      world: { route: { timeout: '0s' } },
    },
    { count: 20, together: 10 },
  ),
  standing(
    {
      ...{ name: 'answer-too-large-envoy', expected: { unidentified: 1 }, symptoms: ['other'], upstream: NOWHERE },
      what: 'a filter (Lua) wants the whole of an answer, which is more than Envoy keeps (500)',
      // It names the cluster of the route, or its host.
      ...{ logged: { upstream: {} }, loggedBriefly: { upstream: {} } },
    },
    {
      app: { does: 'large' },
      world: { filters: [filter('lua', 'lua.v3.Lua', { default_source_code: { inline_string: WHOLE_BODY } })] },
    },
  ),
  session(
    {
      ...{ name: 'tcp-proxy-no-host-envoy', what: 'a TCP proxy to a cluster without a host in its subset' },
      ...{ expected: { no_healthy_upstream: 1 }, symptoms: ['no_healthy_upstream'] },
    },
    { lb_subset_config: { fallback_policy: 'NO_FALLBACK', subset_selectors: [{ keys: ['version'] }] } },
  ),
  session(
    { name: 'tcp-proxy-limited-envoy', what: 'a TCP proxy, and the circuit breaker allows no connection', ...OPEN },
    breaker({ max_connections: 0 }),
  ),
];
