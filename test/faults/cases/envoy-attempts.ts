import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import { ENVOY_UPSTREAM } from '../fault.ts';
import { ask } from '../traffic.ts';
import { attempts, filter, HTTP2, standing, TYPE } from './envoy-front.ts';
import { envoyWorld } from './envoy-world.ts';

const REFUSED_HELPER = {
  expected: { not_listening: 1 },
  symptoms: ['connect_refused'],
  upstream: { upstream: 'helper', upstream_namespace: '', upstream_service: '', upstream_port: '' },
} as const;
/** Where nothing listens. */
const HELPER = { name: 'helper', hosts: [{ address: '127.0.0.1', port: 9 }] };
const EJECTING = {
  common_lb_config: { healthy_panic_threshold: { value: 0 } },
  outlier_detection: {
    ...{ consecutive_5xx: 2, interval: '0.2s', base_ejection_time: '60s', max_ejection_percent: 100 },
    always_eject_one_host: true,
  },
};
const breaker = (threshold: object) => ({ circuit_breakers: { thresholds: [threshold] } });
const retrying = (retry_policy: object, more: object = {}) => ({ world: { route: { ...more, retry_policy } } });
const ELSEWHERE = {
  name: 'envoy.retry_host_predicates.previous_hosts',
  typed_config: { '@type': `${TYPE}.retry.host.previous_hosts.v3.PreviousHostsPredicate` },
};
const LIMITED = {
  match: { prefix: '/' },
  route: { cluster: ENVOY_UPSTREAM, rate_limits: [{ actions: [{ generic_key: { descriptor_value: 'all' } }] }] },
};

/** What is tried again, what allows no more, and services that filters ask. */
export const ENVOY_ATTEMPT_FAULTS: readonly Fault[] = [
  standing(
    {
      ...{
        name: 'max-requests-envoy',
        what: 'the circuit breaker allows one request, which is known once a host is chosen',
      },
      ...{ expected: { circuit_open: 1 }, symptoms: ['circuit_open'] },
    },
    { app: { does: 'late' }, cluster: breaker({ max_requests: 1 }) },
    { count: 12, together: 6 },
  ),
  standing(
    {
      ...{ name: 'max-retries-envoy', what: 'the application answers 503, and the circuit breaker allows no retry' },
      ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'] },
    },
    { app: { does: 'unavailable' }, cluster: breaker({ max_retries: 0 }), ...retrying({ retry_on: '5xx' }) },
  ),
  attempts(
    {
      ...{ name: 'retried-503-envoy', what: 'the application answers 503, each request three times' },
      ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'] },
    },
    { app: { does: 'unavailable' }, ...retrying({ retry_on: '5xx', num_retries: 2 }) },
    ...([{ count: 10 }, 30] as const),
  ),
  attempts(
    {
      ...{
        name: 'per-try-timeout-envoy',
        what: 'the application does not answer in the time of a try; each request is tried twice',
      },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    {
      app: { does: 'silent' },
      ...retrying({ retry_on: 'gateway-error', num_retries: 1, per_try_timeout: '0.3s' }, { timeout: '5s' }),
    },
    ...([{ count: 6, together: 2 }, 12] as const),
  ),
  {
    name: 'retried-well-envoy',
    proxy: 'envoy',
    what: 'one of two applications listens no more, and the other one answers the next try: attempts fail, no request does',
    expected: { not_listening: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const [stays, goes] = [await scene.pod('cart-1'), await scene.pod('cart-2')];
      scene.service('cart', [stays.endpoint(), goes.endpoint()]);
      const { world } = retrying({ retry_on: 'connect-failure', num_retries: 3, retry_host_predicate: [ELSEWHERE] });
      await scene.envoyTo(envoyWorld([stays.ip, goes.ip], {}, world));
      await scene.watch();
      const before = await scene.envoy.count(`cluster.${ENVOY_UPSTREAM}.upstream_rq_retry`);
      await goes.closeListener();
      await delay(300);
      const { statuses, lastMs } = await ask(scene.front, { count: 20 });
      if (statuses.some((status) => status !== 200)) throw new Error(`not answered: ${statuses.join(' ')}`);
      const failures = (await scene.envoy.count(`cluster.${ENVOY_UPSTREAM}.upstream_rq_retry`)) - before;
      return { failures, lastMs, byProxy: null };
    },
  },
  standing(
    {
      ...{ name: 'storm-app-error-envoy', what: 'the application answers 500, Envoy ejects it: no healthy upstream' },
      ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx', 'no_healthy_upstream'] },
    },
    { app: { does: 'error' }, cluster: EJECTING },
  ),
  standing(
    { name: 'authorization-down-envoy', what: 'nothing listens where ext_authz asks: 503', ...REFUSED_HELPER },
    {
      helpers: [HELPER],
      world: {
        filters: [
          filter('ext_authz', 'ext_authz.v3.ExtAuthz', {
            http_service: { server_uri: { uri: 'http://helper', cluster: 'helper', timeout: '0.5s' } },
            status_on_error: { code: 'ServiceUnavailable' },
          }),
        ],
      },
    },
  ),
  standing(
    {
      name: 'rate-limit-service-down-envoy',
      what: 'nothing listens where the rate limit filter asks: 500',
      ...REFUSED_HELPER,
    },
    {
      helpers: [{ ...HELPER, extra: HTTP2 }],
      world: {
        http: { route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [LIMITED] }] } },
        filters: [
          filter('ratelimit', 'ratelimit.v3.RateLimit', {
            ...{ domain: 'shop', failure_mode_deny: true },
            rate_limit_service: {
              grpc_service: { envoy_grpc: { cluster_name: 'helper' }, timeout: '0.5s' },
              transport_api_version: 'V3',
            },
          }),
        ],
      },
    },
  ),
];
