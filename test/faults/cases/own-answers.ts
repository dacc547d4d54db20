import { once } from 'node:events';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { filter, HTTP2, TYPE } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';
import { NOWHERE } from './gateway.ts';
import { onePod } from './sockets.ts';

/** argv: address. Refuses every stream (REFUSED_STREAM). */
const REFUSING = `const server = require('http2').createServer();
  server.on('stream', (stream) => { stream.on('error', () => {}); stream.close(7); });
  server.listen(8080, process.argv[1], () => console.log('listens'));`;
const ALWAYS = { default_value: { numerator: 100, denominator: 'HUNDRED' } };

/** Local rate limit of one request. */
export const limitOf = (code: string) => ({
  name: 'envoy.filters.http.local_ratelimit',
  typed_config: {
    '@type': `${TYPE}.filters.http.local_ratelimit.v3.LocalRateLimit`,
    stat_prefix: 'limit',
    status: { code },
    token_bucket: { max_tokens: 1, fill_interval: '600s' },
    ...{ filter_enabled: ALWAYS, filter_enforced: ALWAYS },
  },
});

const tooLong = (name: string, what: string, route: object): Fault => ({
  ...{ name, what, proxy: 'envoy', expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
  async stage(scene) {
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    await scene.envoyTo(envoyWorld([pod.ip], {}, { route: { timeout: '0s', ...route } }));
    await scene.watch();
    await pod.does('silent');
    return await scene.provoke({ count: 20, together: 10 });
  },
});

/** What the gateway answers itself, for another reason than an upstream's. */
export const OWN_ANSWER_FAULTS: readonly Fault[] = [
  {
    name: 'rate-limited',
    proxy: 'nginx',
    what: 'limit_req refuses all requests but the first (503)',
    expected: { rate_limited: 1 },
    symptoms: ['rate_limited'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.nginxTo([`${pod.ip}:8080 max_fails=0`], {
        http: 'limit_req_zone all zone=all:1m rate=1r/m;',
        location: 'limit_req zone=all;',
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'proxy-bind',
    proxy: 'nginx',
    what: 'the address of proxy_bind is not one of this host (99)',
    expected: { unidentified: 1 },
    symptoms: ['address_unavailable'],
    async stage(scene) {
      await onePod(scene, {}, 'proxy_bind 192.0.2.1;');
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'proxy-bind-port-in-use',
    proxy: 'nginx',
    what: 'proxy_bind has a port of its own, on which another program listens (98)',
    expected: { unidentified: 1 },
    symptoms: ['address_unavailable'],
    async stage(scene) {
      const { gateway } = scene;
      const listens = "require('net').createServer().listen(9999, process.argv[1], () => console.log('listens'))";
      await once(gateway.spawn(process.execPath, '-e', listens, gateway.ip).stdout!, 'data');
      await onePod(scene, {}, `proxy_bind ${gateway.ip}:9999;`);
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'rate-limited-envoy',
    proxy: 'envoy',
    what: 'a local rate limit refuses all requests but the first (503)',
    expected: { rate_limited: 1 },
    symptoms: ['rate_limited'],
    upstream: NOWHERE,
    // It names the cluster of the route.
    logged: { upstream: {} },
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      await scene.envoyTo(envoyWorld([pod.ip], {}, { filters: [limitOf('ServiceUnavailable')] }));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'direct-response-envoy',
    proxy: 'envoy',
    what: 'the route answers 503 itself (direct_response)',
    expected: { unidentified: 1 },
    symptoms: ['other'],
    upstream: NOWHERE,
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const route = { cluster: ENVOY_UPSTREAM };
      const routes = [
        { prefix: '/well', route },
        { prefix: '/', direct_response: { status: 503 } },
      ];
      await scene.envoyTo({ ...envoyWorld([pod.ip]), routes });
      await scene.watch();
      return await scene.provoke({ count: 20 });
    },
  },
  {
    name: 'filter-answers-envoy',
    proxy: 'envoy',
    what: 'a filter (Lua) answers 502 itself',
    expected: { unidentified: 1 },
    symptoms: ['other'],
    upstream: NOWHERE,
    // It names the cluster of the route.
    logged: { upstream: {} },
    async stage(scene) {
      const pod = await scene.pod('cart-1');
      scene.service('cart', [pod.endpoint()]);
      const inline_string = `function envoy_on_request(handle)
        if handle:headers():get(":path") ~= "/well" then handle:respond({ [":status"] = "502" }, "no") end
      end`;
      const lua = filter('lua', 'lua.v3.Lua', { default_source_code: { inline_string } });
      await scene.envoyTo(envoyWorld([pod.ip], {}, { filters: [lua] }));
      await scene.watch();
      return await scene.provoke({ count: 20 });
    },
  },
  tooLong('stream-idle-envoy', 'the application does not answer, and the stream is idle for too long', {
    idle_timeout: '0.5s',
  }),
  tooLong('stream-too-long-envoy', 'the application does not answer, and the stream is open for too long', {
    max_stream_duration: { max_stream_duration: '0.5s' },
  }),
  {
    name: 'stream-refused-envoy',
    proxy: 'envoy',
    what: 'the application refuses streams of HTTP/2, which Envoy counts neither as reset nor as answered',
    expected: { connection_reset: 1 },
    symptoms: ['reset'],
    async stage(scene) {
      const pod = await scene.pod('cart-1', { port: null });
      const child = pod.spawn(process.execPath, '-e', REFUSING, pod.ip);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      scene.service('cart', [pod.endpoint()]);
      await scene.envoyTo(envoyWorld([pod.ip], HTTP2));
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20 });
    },
  },
];
