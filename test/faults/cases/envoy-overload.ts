import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVOY_UPSTREAM, type Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';
import { ask, BROKEN } from '../traffic.ts';
import { type Front, front, standing, TYPE } from './envoy-front.ts';
import { NOWHERE } from './gateway.ts';

const COUNT = 20;
/** Envoy looks at its resources so often. */
const REFRESH = '0.1s';
const REFRESHED_MS = 600;
export const INJECTED = 'envoy.resource_monitors.injected_resource';
const MONITOR = `${TYPE}.resource_monitors`;
const ACTION = 'envoy.overload_actions';
const POINT = 'envoy.load_shed_points';

type Manager = Readonly<Record<string, unknown>>;

const OFF = { [`upstream.maintenance_mode.${ENVOY_UPSTREAM}`]: 100 };
const HEAP = 'envoy.resource_monitors.fixed_heap';
const FULL_HEAP = {
  overload_manager: {
    refresh_interval: REFRESH,
    resource_monitors: [
      {
        name: HEAP,
        typed_config: { '@type': `${MONITOR}.fixed_heap.v3.FixedHeapConfig`, max_heap_size_bytes: 1_000_000 },
      },
    ],
    actions: [
      {
        name: `${ACTION}.stop_accepting_requests`,
        triggers: [{ name: HEAP, threshold: { value: 0.95 } }],
      },
    ],
  },
};

const LISTENER_LIMIT = { 'envoy.resource_limits.listener.main.connection_limit': 2 };

/** How much Envoy has left is what a file says. */
export const injected = (manager: Manager) => ({
  overload_manager: {
    refresh_interval: REFRESH,
    resource_monitors: [
      {
        name: INJECTED,
        typed_config: { '@type': `${MONITOR}.injected_resource.v3.InjectedResourceConfig`, filename: '$DIR/pressure' },
      },
    ],
    ...manager,
  },
});

const triggers = [{ name: INJECTED, threshold: { value: 0.9 } }];
const acting = (action: string) => injected({ actions: [{ name: `${ACTION}.${action}`, triggers }] });
const shedding = (point: string) => injected({ loadshed_points: [{ name: `${POINT}.${point}`, triggers }] });

export function press(scene: Scene, pressure: number): void {
  const path = `${scene.envoy.directory}/pressure`;
  writeFileSync(`${path}.fresh`, String(pressure));
  renameSync(`${path}.fresh`, path);
}

type Told = Pick<Fault, 'name' | 'what'> & Partial<Fault>;

/** All is well, then Envoy has nothing left. */
const pressed = (told: Told, bootstrap: object, run: (scene: Scene) => ReturnType<Fault['stage']>, setup: Front = {}) =>
  ({
    ...{ proxy: 'envoy', expected: { overload: 1 }, symptoms: ['overload'], upstream: NOWHERE, ...told },
    async stage(scene) {
      press(scene, 0);
      await front(scene, { ...setup, world: { ...setup.world, bootstrap } });
      await scene.watch();
      press(scene, 1);
      await delay(REFRESHED_MS);
      return await run(scene);
    },
  }) satisfies Fault;

const asked = async (scene: Scene) => await scene.provoke({ count: COUNT });

/** What clients hear is told, and that nothing of it is a failure of a request. */
const unharmed = (told: Told, bootstrap: object, isRefused: boolean, together = 1): Fault =>
  pressed(
    { ...told, expected: {}, symptoms: [] },
    bootstrap,
    async ({ front: path }) => {
      const { statuses } = await ask(path, { count: COUNT, together, timeoutMs: 3000 });
      const isAsTold = isRefused ? statuses.includes(BROKEN) : statuses.every((one) => one === 200);
      if (!isAsTold) throw new Error(`not as told: ${statuses.join(' ')}`);
      return { failures: 0, lastMs: Date.now(), byProxy: null };
    },
    { app: { does: together > 1 ? 'late' : 'ok' } },
  );

/** What Envoy's overload manager does, and its limits of connections. */
export const ENVOY_OVERLOAD_FAULTS: readonly Fault[] = [
  pressed(
    { name: 'overload-envoy', what: 'the overload manager takes no more requests' },
    acting('stop_accepting_requests'),
    asked,
  ),
  pressed(
    { name: 'load-shed-headers-envoy', what: 'a load shed point of the connection manager refuses requests' },
    shedding('http_connection_manager_decode_headers'),
    asked,
  ),
  pressed(
    { name: 'load-shed-filter-envoy', what: 'a load shed point before the filters refuses requests' },
    shedding('http_downstream_filter_check'),
    asked,
  ),
  pressed(
    {
      name: 'load-shed-pool-envoy',
      what: 'a load shed point allows no new connection to an upstream',
      upstream: {},
      // It says the same of a circuit breaker.
      logged: { expected: { circuit_open: 1 }, symptoms: ['circuit_open'] },
    },
    shedding('connection_pool_new_connection'),
    asked,
  ),
  pressed(
    { name: 'load-shed-dispatch-envoy', what: 'a load shed point refuses what is read with 500' },
    shedding('http1_server_abort_dispatch'),
    asked,
  ),
  pressed(
    { name: 'load-shed-codec-envoy', what: 'a load shed point closes connections with their first request unread' },
    shedding('hcm_ondata_creating_codec'),
    asked,
  ),
  standing(
    {
      ...{
        name: 'overload-heap-envoy',
        what: 'Envoy has more memory than its fixed heap allows: it accepts no requests',
      },
      ...{ expected: { overload: 1 }, symptoms: ['overload'], upstream: NOWHERE },
    },
    { world: { bootstrap: FULL_HEAP } },
  ),
  standing(
    {
      ...{ name: 'maintenance-envoy', what: 'an operator has switched the cluster off (upstream.maintenance_mode)' },
      ...{ expected: { unidentified: 1 }, symptoms: ['other'] },
    },
    { world: { bootstrap: { layered_runtime: { layers: [{ name: 'off', static_layer: OFF }] } } } },
  ),
  unharmed(
    { name: 'overload-keepalive-envoy', what: 'the overload manager ends connections after each request' },
    acting('disable_http_keepalive'),
    false,
  ),
  unharmed(
    { name: 'overload-reject-envoy', what: 'the overload manager rejects connections: no failure of a request' },
    acting('reject_incoming_connections'),
    true,
  ),
  unharmed(
    { name: 'overload-accept-envoy', what: 'the overload manager accepts no connections: no failure of a request' },
    acting('stop_accepting_connections'),
    true,
    COUNT,
  ),
  unharmed(
    { name: 'connections-global-envoy', what: 'connections beyond the limit of the process are closed: no failure' },
    {
      overload_manager: {
        resource_monitors: [
          {
            name: 'envoy.resource_monitors.global_downstream_max_connections',
            typed_config: {
              '@type': `${MONITOR}.downstream_connections.v3.DownstreamConnectionsConfig`,
              max_active_downstream_connections: 4,
            },
          },
        ],
      },
    },
    true,
    COUNT,
  ),
  unharmed(
    { name: 'connections-listener-envoy', what: 'connections beyond the limit of the listener are closed: no failure' },
    { layered_runtime: { layers: [{ name: 'limits', static_layer: LISTENER_LIMIT }] } },
    true,
    COUNT,
  ),
];
