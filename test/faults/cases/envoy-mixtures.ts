import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { EnvoyWorld } from '../gateway-envoy.ts';
import type { Scene } from '../scene.ts';
import { ask, failedOf } from '../traffic.ts';
import { answering, GRPC, HELPER, ROUTE } from './envoy-deciders.ts';
import { assign, BY_EDS } from './envoy-eds.ts';
import { type Front, filter, front } from './envoy-front.ts';
import { raw } from './envoy-protocols.ts';
import { envoyWorld } from './envoy-world.ts';

const COUNT = 20;
/** By path, so that one application does several things at once. */
const VARIOUS = raw(String.raw`socket.once('data', (data) => {
  const [, what] = /^\S+ .(\w*)/.exec(data);
  const answer = (code) => socket.end('HTTP/1.1 ' + code + ' Oh\r\nContent-Length: 2\r\nConnection: close\r\n\r\noh');
  if (/^\d+$/.test(what)) answer(what);
  else if (what === 'close') socket.end();
  else if (what === 'garbage') socket.end('GARBAGE NOT HTTP\r\n\r\n');
  else if (what !== 'silent') answer(200);
})`);

type Told = Omit<Fault, 'proxy' | 'stage'>;

interface Mixed extends Told {
  readonly paths: readonly string[];
  readonly setup?: Front;
  meanwhile?(scene: Scene): Promise<unknown>;
}

/** Asks for these paths at the same time, each as often. */
const mixed = ({ paths, setup, meanwhile, ...told }: Mixed): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    await front(scene, { script: VARIOUS, ...setup });
    await scene.watch({ healthy: false });
    const [asked] = await Promise.all([
      Promise.all(paths.map((path) => ask(scene.front, { count: COUNT, path, together: 4 }))),
      meanwhile?.(scene),
    ]);
    const failures = asked.reduce((sum, { statuses }) => sum + failedOf(statuses), 0);
    return { failures, lastMs: Date.now(), byProxy: null };
  },
});

const leave = (front: string) =>
  new Promise<void>((resolve) => {
    const socket = connect(front, () => socket.write('GET /silent HTTP/1.1\r\nHost: shop.example\r\n\r\n'));
    socket.on('data', () => {}).on('error', () => {});
    socket.on('close', () => resolve());
    setTimeout(() => socket.destroy(), 200);
  });

interface Refusing extends Told {
  /** What the service says of `/well`, and of others. */
  readonly says: Parameters<typeof answering>[0];
  readonly world: Partial<EnvoyWorld>;
}

/** A service refuses requests with 4xx while the control plane has all others dropped. */
const refusing = ({ says, world, ...told }: Refusing): Fault => ({
  ...{ ...told, proxy: 'envoy' },
  async stage(scene) {
    const child = scene.gateway.spawn(process.execPath, '-e', answering(says), '127.0.0.1');
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    const pod = await scene.pod('cart-1');
    scene.service('cart', [pod.endpoint()]);
    assign(scene, [[pod.ip]]);
    const made = envoyWorld([], BY_EDS, world);
    await scene.envoyTo({ ...made, clusters: [...made.clusters, HELPER] });
    await scene.watch();
    assign(scene, [[pod.ip]], 100);
    await delay(1500);
    const [dropped] = await Promise.all([
      ask(scene.front, { count: COUNT, path: '/well' }),
      ask(scene.front, { count: COUNT }),
    ]);
    return { failures: failedOf(dropped.statuses), lastMs: Date.now(), byProxy: null };
  },
});

const ABORT = { http_status: 503, percentage: { numerator: 100, denominator: 'HUNDRED' } };
const OF_INJECTED = [{ name: ':path', string_match: { exact: '/injected' } }];
const AUTHORIZATION = { filters: [filter('ext_authz', 'ext_authz.v3.ExtAuthz', GRPC)] };
/** envoy.service.auth.v3.CheckResponse: status 0; status 7, which is 403. */
const DENYING = ['0a00', '0a020807'] as const;

/** Several things that fail at the same time, of which Envoy's counters tell sums. */
export const ENVOY_MIXTURE_FAULTS: readonly Fault[] = [
  mixed({
    ...{ name: 'mixture-503-and-closed-envoy', what: 'the application answers 503, and closes as often' },
    ...{ expected: { app_error: 0.5, premature_close: 0.5 }, symptoms: ['upstream_5xx', 'premature_close'] },
    paths: ['/503', '/close'],
  }),
  mixed({
    ...{ name: 'mixture-502-and-garbage-envoy', what: 'the application answers 502, and as often no HTTP' },
    ...{ expected: { app_error: 0.5, protocol_error: 0.5 }, symptoms: ['upstream_5xx', 'protocol_error'] },
    paths: ['/502', '/garbage'],
  }),
  mixed({
    ...{ name: 'mixture-504-and-silent-envoy', what: 'the application answers 504, and as often not at all' },
    ...{ expected: { app_error: 0.5, response_timeout: 0.5 }, symptoms: ['upstream_5xx', 'response_timeout'] },
    ...{ paths: ['/504', '/silent'], setup: { world: { route: { timeout: '0.5s' } } } },
  }),
  mixed({
    ...{ name: 'mixture-503-and-clients-gone-envoy', what: 'the application answers 503, and as many clients leave' },
    ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx', 'client_abort'], paths: ['/503'] },
    meanwhile: ({ front }) => Promise.all(Array.from({ length: COUNT }, () => leave(front))),
  }),
  mixed({
    ...{ name: 'mixture-503-and-injected-envoy', what: 'the application answers 503, and a fault filter as often' },
    ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx', 'fault_injected'], paths: ['/503'] },
    setup: { world: { filters: [filter('fault', 'fault.v3.HTTPFault', { abort: ABORT, headers: OF_INJECTED })] } },
    meanwhile: ({ front }) => ask(front, { count: COUNT, path: '/injected' }),
  }),
  mixed({
    ...{ name: 'mixture-503-and-409-envoy', what: 'the application answers 503, and 409, which Envoy tries again' },
    ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'], paths: ['/503', '/409'] },
    setup: { world: { route: { retry_policy: { retry_on: 'retriable-4xx', num_retries: 2 } } } },
  }),
  refusing({
    name: 'drop-overload-beside-denied-envoy',
    what: 'the service that ext_authz asks denies with 403, and as many requests are dropped',
    ...{ expected: { overload: 1 }, symptoms: ['overload', 'ext_authz_denied'] },
    ...{ says: DENYING, world: AUTHORIZATION },
  }),
  refusing({
    name: 'drop-overload-beside-429-envoy',
    what: 'the rate limit service refuses with 429, and as many requests are dropped',
    ...{ expected: { overload: 1 }, symptoms: ['overload', 'rate_limited'], says: ['0801', '0802'] },
    world: {
      http: { route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [ROUTE] }] } },
      filters: [
        filter('ratelimit', 'ratelimit.v3.RateLimit', {
          ...{ domain: 'shop', timeout: '2s' },
          rate_limit_service: GRPC,
        }),
      ],
    },
  }),
];
