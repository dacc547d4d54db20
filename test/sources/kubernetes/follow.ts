/** A reflector against the fake API server, with a cache as its sink and short times. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ApiClient } from '../../../src/sources/kubernetes/api-client.ts';
import type { RestartReason } from '../../../src/sources/kubernetes/api-error.ts';
import { Credentials } from '../../../src/sources/kubernetes/credentials.ts';
import type { Selection } from '../../../src/sources/kubernetes/list.ts';
import { Reflector } from '../../../src/sources/kubernetes/reflector.ts';
import { TIMING, type Timing } from '../../../src/sources/kubernetes/timing.ts';
import type { FakeApiServer, FakeApiServerOptions } from '../../kubernetes/api-server.ts';
import type { EndpointSlice } from '../../kubernetes/objects.ts';
import { endpointSlice } from '../../kubernetes/objects.ts';
import { ENDPOINT_SLICES } from '../../kubernetes/resources.ts';
import { eventually, started } from '../../kubernetes/started.ts';

export const QUICK: Timing = {
  ...TIMING,
  connectMs: 1_500,
  headersMs: 1_500,
  listMs: 2000,
  idleMs: 60_000,
  backoffMs: [5, 40],
  forbiddenMs: 60,
  retryAfterMs: 1000,
  relistMs: 60_000_000,
  settleMs: 60,
  quietMs: 20,
  shortestWatchMs: 20,
};

export interface Followed {
  readonly server: FakeApiServer;
  readonly reflector: Reflector<string>;
  readonly client: ApiClient;
  /** `namespace/name` → addresses of the slice, as the sink was told. */
  readonly cache: Map<string, string>;
  readonly restarts: RestartReason[];
  /** When the sink was told that it is current. */
  readonly currents: number[];
  readonly connections: () => number;
  readonly drift: () => number;
  /** What the sink was told, in order: `+key` and `-key`. */
  readonly changes: string[];
  /** The cache is what the server has. */
  converged(): Promise<void>;
  synced(): Promise<void>;
  /** The server has one open watch, its n-th. */
  watching(count: number): Promise<void>;
}

export const addressesOf = (value: unknown): string =>
  ((value as EndpointSlice).endpoints ?? []).flatMap(({ addresses }) => addresses).join();

export function truth(server: FakeApiServer): Map<string, string> {
  return new Map(
    server.store
      .snapshot(ENDPOINT_SLICES)
      .map(([, slice]) => [`${slice.metadata.namespace}/${slice.metadata.name}`, addressesOf(slice)]),
  );
}

/** What clients get in with: the service account's directory, as in a pod. */
export function credentialsOf(server: FakeApiServer): Credentials {
  const { hostname, port } = new URL(server.url);
  return new Credentials({
    kubeconfig: '',
    context: '',
    serviceAccount: server.serviceAccount.path,
    environment: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
  });
}

export interface FollowOptions {
  readonly timing?: Partial<Timing>;
  readonly selection?: Partial<Selection>;
  readonly server?: FakeApiServerOptions;
  readonly read?: (value: unknown) => string | null;
  /** Before the reflector starts. */
  readonly prepare?: (server: FakeApiServer) => void;
}

export async function follow(t: TestContext, options: FollowOptions = {}): Promise<Followed> {
  const [server] = await started(t, { bookmarkIntervalSeconds: 0, ...options.server });
  let connections = 0;
  let drift = 0;
  const timing = { ...QUICK, ...options.timing };
  const client = new ApiClient({
    credentials: credentialsOf(server),
    timing,
    observer: { connected: () => connections++, answered: () => {} },
  });
  const cache = new Map<string, string>();
  const restarts: RestartReason[] = [];
  const changes: string[] = [];
  const currents: number[] = [];
  const reflector = new Reflector<string>({
    client,
    timing,
    selection: {
      resource: 'endpointslices',
      namespace: '',
      labelSelector: '',
      fieldSelector: '',
      ...options.selection,
    },
    read: options.read ?? addressesOf,
    sink: {
      set(key, _, object) {
        cache.set(key, object);
        changes.push(`+${key}`);
      },
      delete(key) {
        cache.delete(key);
        changes.push(`-${key}`);
      },
      current: (atMs) => currents.push(atMs),
      restarted: (reason) => restarts.push(reason),
      drifted: (objects) => {
        drift += objects;
      },
    },
  });
  options.prepare?.(server);
  reflector.start();
  t.after(async () => {
    await reflector.stop();
    client.close();
  });
  return {
    ...{
      server,
      reflector,
      client,
      cache,
      restarts,
      changes,
      currents,
      connections: () => connections,
      drift: () => drift,
    },
    async converged() {
      const text = (map: Map<string, string>) => JSON.stringify([...map].sort());
      await eventually(() => text(cache) === text(truth(server))).catch(() => assert.deepEqual(cache, truth(server)));
    },
    watching: (count) =>
      eventually(() => server.counters.count({ verb: 'watch', code: 200 }) === count && server.watches.open === 1),
    synced: () => eventually(() => reflector.state.isSynced && server.watches.open > 0),
  };
}

export const cart = endpointSlice({ name: 'cart-1', addresses: ['10.0.0.1'] });
export const move = (addresses: string[]) => (draft: object) =>
  void Object.assign(draft, { endpoints: [{ addresses, conditions: { ready: true } }] });
