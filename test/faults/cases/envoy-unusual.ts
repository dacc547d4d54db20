import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import { endOf } from '../network.ts';
import { ask } from '../traffic.ts';
import { attempts, front, HTTP2, harmless, LISTEN, standing } from './envoy-front.ts';
import { h2, raw } from './envoy-protocols.ts';
import { NOWHERE } from './gateway.ts';

const COUNT = 20;
const HIGH = { circuit_breakers: { thresholds: [{ priority: 'HIGH', max_pending_requests: 0, max_connections: 0 }] } };
const ok = async ({ front: socket }: { front: string }, count: number) => {
  const { statuses } = await ask(socket, { count });
  if (statuses.some((one) => one !== 200)) throw new Error(`not answered: ${statuses.join(' ')}`);
};
/** As servers do that wait for a request no longer (RFC 9110 §15.5.9). */
const SAYS_408 = raw(
  "socket.once('data', () => { socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'); setTimeout(() => socket.end('HTTP/1.1 408 Request Timeout\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'), 100); })",
);
const STALLS = raw(
  "socket.once('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\nhalf'))",
);
/** A proxy that is no Envoy. */
const PROXY = `require('net').createServer((socket) => { socket.on('error', () => {});
  const to = require('net').connect(8080, '127.0.0.1'); to.on('error', () => {}); socket.pipe(to).pipe(socket); })
  .listen(15100, '0.0.0.0', () => console.log('listens'))`;

const HALF_MISSING = {
  match: { prefix: '/' },
  route: {
    weighted_clusters: {
      clusters: [
        { name: ENVOY_UPSTREAM, weight: 50 },
        { name: 'absent', weight: 50 },
      ],
    },
  },
};

/** Settings and applications that are not what one expects: of routes, tries, pools and pods. */
export const ENVOY_UNUSUAL_FAULTS: readonly Fault[] = [
  {
    name: 'weighted-missing-envoy',
    proxy: 'envoy',
    what: 'a route of two weighted clusters, one of them does not exist',
    expected: { no_cluster: 1 },
    symptoms: ['no_cluster'],
    upstream: NOWHERE,
    async stage(scene) {
      const virtual_hosts = [{ name: 'all', domains: ['*'], routes: [HALF_MISSING] }];
      await front(scene, { world: { http: { route_config: { validate_clusters: false, virtual_hosts } } } });
      await scene.watch({ healthy: false });
      return await scene.provoke({ count: 40 });
    },
  },
  standing(
    {
      ...{ name: 'circuit-open-high-envoy', what: 'the circuit breaker of priority HIGH allows nothing' },
      ...{ expected: { circuit_open: 1 }, symptoms: ['circuit_open'] },
    },
    { cluster: HIGH, world: { route: { priority: 'HIGH' } } },
  ),
  {
    name: 'socket-missing-envoy',
    proxy: 'envoy',
    what: 'the unix socket of the upstream does not exist',
    ...{ expected: { not_listening: 1 }, symptoms: ['connect_refused'] },
    logged: { symptoms: ['socket_missing'] },
    upstream: { upstream: 'backend', upstream_namespace: '', upstream_service: '', upstream_port: '' },
    async stage(scene) {
      await scene.envoyTo({
        clusters: [{ name: 'backend', hosts: [{ path: '$DIR/nobody.sock' }] }],
        routes: [{ prefix: '/', route: { cluster: 'backend' } }],
      });
      await scene.watch({ kubernetes: false, healthy: false });
      return await scene.provoke({ count: COUNT });
    },
  },
  attempts(
    {
      ...{
        name: 'hedged-envoy',
        what: 'the application does not answer, and Envoy asks once more meanwhile (hedging)',
      },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    {
      app: { does: 'silent' },
      world: {
        route: {
          timeout: '1s',
          hedge_policy: { hedge_on_per_try_timeout: true },
          retry_policy: { retry_on: '5xx', num_retries: 1, per_try_timeout: '0.3s' },
        },
      },
    },
    { count: 10, together: 2 },
    20,
  ),
  attempts(
    {
      ...{ name: 'per-try-then-whole-envoy', what: 'two tries time out, and the third when the whole time is over' },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    {
      app: { does: 'silent' },
      world: {
        route: { timeout: '1s', retry_policy: { retry_on: '5xx', num_retries: 5, per_try_timeout: '0.4s' } },
      },
    },
    { count: 10, together: 2 },
    30,
  ),
  {
    name: 'own-proxy-gone-envoy',
    proxy: 'envoy',
    what: 'the pod is redirected to a proxy of its own, which is no Envoy and has been killed',
    expected: { connection_refused: 1 },
    symptoms: ['connect_refused'],
    async stage(scene) {
      const pod = await front(scene, { app: { host: '127.0.0.1' } });
      const child = pod.spawn(process.execPath, '-e', PROXY);
      await new Promise((resolve) => child.stdout!.once('data', resolve));
      pod.network.run('iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 15100');
      await scene.watch({ counters: true });
      // Where it listens was seen.
      await delay(12_000);
      await endOf(child, 'SIGKILL');
      await delay(500);
      return await scene.provoke({ count: COUNT });
    },
  },
  standing(
    {
      ...{ name: 'body-stalled-envoy', what: 'the application stops within the body of its answer' },
      ...{ expected: { response_timeout: 1 }, symptoms: ['response_timeout'] },
    },
    { script: STALLS, world: { route: { timeout: '0.5s' } } },
    { count: COUNT, together: 5 },
  ),
  harmless(
    {
      ...{
        name: 'connections-of-one-request-envoy',
        what: 'connections take one request each (max_requests_per_connection): no failure',
      },
      symptoms: [],
    },
    {
      script: `require('http').createServer((_, answer) => answer.end('ok'))${LISTEN}`,
      cluster: { max_requests_per_connection: 1 },
    },
    async (scene) => await ok(scene, COUNT),
  ),
  harmless(
    {
      name: 'idle-408-envoy',
      what: 'the application says 408 on connections that wait for a request, and closes them: no failure',
      symptoms: [],
    },
    { script: SAYS_408 },
    async (scene) => {
      for (let asked = 0; asked < COUNT; asked++) {
        await ok(scene, 1);
        await delay(200);
      }
    },
  ),
  harmless(
    {
      ...{
        name: 'goaway-graceful-envoy',
        what: 'the application ends each connection with GOAWAY after its answer: no failure',
      },
      symptoms: [],
    },
    { script: h2('stream.respond(); stream.end(); stream.session.close();'), cluster: HTTP2 },
    async (scene) => await ok(scene, COUNT),
  ),
  standing(
    {
      ...{ name: 'upgrade-503-envoy', what: 'the application answers 503 to WebSockets' },
      ...{ expected: { app_error: 1 }, symptoms: ['upstream_5xx'] },
    },
    { app: { does: 'unavailable' }, world: { http: { upgrade_configs: [{ upgrade_type: 'websocket' }] } } },
    { count: COUNT, headers: { connection: 'upgrade', upgrade: 'websocket' } },
  ),
];
