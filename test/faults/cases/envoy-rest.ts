import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { filter, front, HTTP2, standing } from './envoy-front.ts';
import { GOAWAY, raw } from './envoy-protocols.ts';
import { NOWHERE } from './gateway.ts';
import { onePodEnvoy } from './sockets.ts';

const HELPER_UPSTREAM = { upstream: 'helper', upstream_namespace: '', upstream_service: '', upstream_port: '' };
const HELPER = { name: 'helper', hosts: [{ address: '127.0.0.1', port: 9 }], extra: HTTP2 };
const MANY_HEADERS = `socket.once('data', () => socket.end('HTTP/1.1 200 OK\\r\\n' + 'X-A: 1\\r\\n'.repeat(200) + 'Content-Length: 2\\r\\n\\r\\nok'))`;

/** Less usual ways in which an Envoy fails requests. */
export const ENVOY_REST_FAULTS: readonly Fault[] = [
  standing(
    {
      ...{
        name: 'subset-without-host-envoy',
        what: 'the route asks for a subset that no host is in (a DestinationRule)',
      },
      ...{ expected: { no_healthy_upstream: 1 }, symptoms: ['no_healthy_upstream'] },
    },
    {
      cluster: { lb_subset_config: { fallback_policy: 'NO_FALLBACK', subset_selectors: [{ keys: ['version'] }] } },
      world: { route: { metadata_match: { filter_metadata: { 'envoy.lb': { version: 'v2' } } } } },
    },
  ),
  {
    name: 'panic-not-listening-envoy',
    proxy: 'envoy',
    what: 'the application listens no more, health checks fail, and Envoy asks it all the same (panic)',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const check = { timeout: '0.2s', interval: '0.2s', unhealthy_threshold: 1, healthy_threshold: 1 };
      const health_checks = [{ ...check, tcp_health_check: {} }];
      const pod = await onePodEnvoy(scene, {}, { health_checks });
      await scene.watch();
      await pod.closeListener();
      await delay(1000);
      return await scene.provoke({ count: 20 });
    },
  },
  standing(
    {
      ...{ name: 'many-headers-envoy', what: 'an answer of 200 headers, of which Envoy takes 100' },
      ...{ expected: { protocol_error: 1 }, symptoms: ['protocol_error'] },
    },
    { script: raw(MANY_HEADERS) },
  ),
  standing(
    {
      ...{ name: 'goaway-envoy', what: 'the application says GOAWAY to streams that it does not take, and closes' },
      // 503s of its own would look alike.
      ...{ expected: { unidentified: 1 }, symptoms: ['other'] },
      logged: { expected: { connection_reset: 1 }, symptoms: ['reset'] },
      loggedBriefly: { expected: { connection_reset: 1 }, symptoms: ['reset'] },
    },
    {
      script: raw(`socket.once('data', () => socket.end(${GOAWAY}))`),
      cluster: HTTP2,
    },
  ),
  standing(
    {
      ...{ name: 'processing-down-envoy', what: 'nothing listens where ext_proc asks: 500' },
      ...{ expected: { not_listening: 1 }, symptoms: ['connect_refused'], upstream: HELPER_UPSTREAM },
    },
    {
      helpers: [HELPER],
      world: {
        filters: [
          filter('ext_proc', 'ext_proc.v3.ExternalProcessor', {
            grpc_service: { envoy_grpc: { cluster_name: 'helper' }, timeout: '0.5s' },
          }),
        ],
      },
    },
  ),
  {
    name: 'authorization-slow-envoy',
    proxy: 'envoy',
    what: 'the service that ext_authz asks does not answer in time: 503',
    expected: { response_timeout: 1 },
    symptoms: ['response_timeout'],
    upstream: HELPER_UPSTREAM,
    async stage(scene) {
      const helper = await scene.pod('auth-1', { namespace: 'auth', does: 'silent' });
      await front(scene, {
        helpers: [{ name: 'helper', hosts: [{ address: helper.ip, port: 8080 }] }],
        world: {
          filters: [
            filter('ext_authz', 'ext_authz.v3.ExtAuthz', {
              http_service: { server_uri: { uri: 'http://helper', cluster: 'helper', timeout: '0.5s' } },
              status_on_error: { code: 'ServiceUnavailable' },
            }),
          ],
        },
      });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 20, together: 5 });
    },
  },
  standing(
    {
      ...{
        name: 'concurrency-limited-envoy',
        what: 'the filter adaptive_concurrency lets one request through at a time: 503',
      },
      ...{ expected: { overload: 1 }, symptoms: ['overload'], upstream: NOWHERE },
    },
    {
      app: { does: 'late' },
      world: {
        filters: [
          filter('adaptive_concurrency', 'adaptive_concurrency.v3.AdaptiveConcurrency', {
            gradient_controller_config: {
              sample_aggregate_percentile: { value: 90 },
              concurrency_limit_params: { concurrency_update_interval: '60s', max_concurrency_limit: 1 },
              min_rtt_calc_params: { interval: '60s', request_count: 1000, min_concurrency: 1 },
            },
          }),
        ],
      },
    },
    { count: 12, together: 6 },
  ),
];
