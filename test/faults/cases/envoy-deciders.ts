import type { Fault } from '../fault.ts';
import { ENVOY_UPSTREAM } from '../fault.ts';
import type { EnvoyWorld } from '../gateway-envoy.ts';
import { ask } from '../traffic.ts';
import { filter, front, HTTP2, LISTEN } from './envoy-front.ts';
import { NOWHERE } from './gateway.ts';

/** A gRPC service that answers each call with one of two messages (protobuf, hexadecimal): calls about `/well`, and all others. */
export const answering = ([well, other]: Messages) => `const server = require('http2').createServer();
  const framed = (hex) => {
    const body = Buffer.from(hex, 'hex'), head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    return Buffer.concat([head, body]);
  };
  server.on('stream', (stream) => {
    const asked = [];
    stream.on('error', () => {}).on('data', (chunk) => asked.push(chunk));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('end', () => {
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(framed(Buffer.concat(asked).includes('/well') ? '${well}' : '${other}'));
    });
  });
  server${LISTEN};`;
/** envoy.service.auth.v3.CheckResponse: status 0; status 7 and a denied_response with code 503. */
const AUTHORIZED: Messages = ['0a00', '0a02080712050a0308f703'];
/** envoy.service.ratelimit.v3.RateLimitResponse: OK, OVER_LIMIT. */
const LIMITED: Messages = ['0801', '0802'];
export const HELPER = { name: 'helper', hosts: [{ address: '127.0.0.1', port: 8080 }], extra: HTTP2 };
export const GRPC = {
  grpc_service: { envoy_grpc: { cluster_name: 'helper' }, timeout: '2s' },
  transport_api_version: 'V3',
};
const BY_PATH = { request_headers: { header_name: ':path', descriptor_key: 'path' } };
export const ROUTE = {
  match: { prefix: '/' },
  route: { cluster: ENVOY_UPSTREAM, rate_limits: [{ actions: [BY_PATH] }] },
};

type Messages = readonly [well: string, other: string];

interface Decided extends Omit<Fault, 'proxy' | 'stage'> {
  /** What the service says of `/well` and of other requests. */
  readonly says: Messages;
  readonly world: Partial<EnvoyWorld>;
}

const decided = ({ says, world, ...told }: Decided): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const child = scene.gateway.spawn(process.execPath, '-e', answering(says), '127.0.0.1');
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    await front(scene, { helpers: [HELPER], world });
    await scene.watch();
    return await scene.provoke({ count: 20 });
  },
});

/** Services that filters ask and that refuse with 503; and requests that Envoy copies. */
export const ENVOY_DECIDER_FAULTS: readonly Fault[] = [
  decided({
    ...{ name: 'authorization-denies-503-envoy', what: 'the service that ext_authz asks denies with 503' },
    ...{ expected: { unidentified: 1 }, symptoms: ['other', 'ext_authz_denied'], says: AUTHORIZED },
    world: { filters: [filter('ext_authz', 'ext_authz.v3.ExtAuthz', GRPC)] },
  }),
  decided({
    ...{ name: 'rate-limit-service-503-envoy', what: 'the rate limit service refuses, with 503 as the filter is told' },
    ...{ expected: { rate_limited: 1 }, symptoms: ['rate_limited'], says: LIMITED },
    loggedBriefly: { upstream: NOWHERE },
    world: {
      http: { route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [ROUTE] }] } },
      filters: [
        filter('ratelimit', 'ratelimit.v3.RateLimit', {
          ...{ domain: 'shop', rate_limited_status: { code: 'ServiceUnavailable' } },
          timeout: '2s',
          rate_limit_service: GRPC,
        }),
      ],
    },
  }),
  {
    name: 'mirror-not-listening-envoy',
    proxy: 'envoy',
    what: 'requests are copied to a cluster where nothing listens: clients are answered, the copies fail',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    upstream: { upstream: 'helper', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      await front(scene, {
        helpers: [{ name: 'helper', hosts: [{ address: '127.0.0.1', port: 9 }] }],
        world: { route: { request_mirror_policies: [{ cluster: 'helper' }] } },
      });
      await scene.watch({ healthy: false });
      const { statuses, lastMs } = await ask(scene.front, { count: 20 });
      if (statuses.some((status) => status !== 200)) throw new Error(`not answered: ${statuses.join(' ')}`);
      return { failures: 20, lastMs, byProxy: null };
    },
  },
];
