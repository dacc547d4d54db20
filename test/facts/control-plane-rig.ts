import type { Change } from '../../src/contract/evidence.ts';
import { ClusterState } from '../../src/facts/cluster-state.ts';
import { Conditions } from '../../src/facts/conditions.ts';
import { ControlPlane } from '../../src/facts/control-plane.ts';
import type { TrackedUpstream } from '../../src/facts/tracked-upstream.ts';
import { endpoint, slice } from './slices.ts';
import { EDGE, server, view } from './views.ts';

export const CONTROLLER = 'nginx-gateway/ngf';
export const AGENT_PORT = 8443;
export const START_MS = Date.parse('2026-11-21T03:00:00Z');

/** A control plane that is fed by hand. */
export function planeRig(found: { controllers: readonly string[]; absence: string | null } | null = null) {
  const clock = { nowMs: START_MS, now: () => clock.nowMs };
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 600_000, wanted: () => none });
  const conditions = new Conditions(clock);
  const changes: Change[] = [];
  const missed: string[] = [];
  const unsynced = { startMs: null as number | null };
  const changed = { atMs: START_MS - 60_000 };
  const plane = new ControlPlane({
    ...{ clock, cluster, sink: conditions },
    controllers: () => found?.controllers ?? [CONTROLLER],
    absence: () => found?.absence ?? null,
    changed: (change) => void changes.push(change),
    changedMs: () => changed.atMs,
    series: {
      missed: (service) => void missed.push(service),
      unsynced: (_, startMs) => {
        unsynced.startMs = startMs;
      },
    },
  });
  const ports = [{ name: 'agent-grpc', number: AGENT_PORT }];
  /** All that was said is complete. */
  const current = () => {
    cluster.current('services', clock.nowMs);
    cluster.current('endpointslices', clock.nowMs);
  };
  return {
    ...{ clock, cluster, plane, conditions, changes, missed, unsynced, changed },
    /** The controllers that are listed: pod → ready. */
    controllers(pods: Readonly<Record<string, boolean>>): void {
      const endpoints = Object.entries(pods).map(([podUid, ready], at) =>
        endpoint(`10.9.0.${at + 1}`, { podUid, ready }),
      );
      cluster.set('endpointslices', slice('c', endpoints, { service: CONTROLLER, ports }));
    },
    service(clusterIps: readonly string[] = []): void {
      const own = [{ name: 'agent-grpc', port: AGENT_PORT, targetPort: AGENT_PORT }];
      const base = { externalName: '', publishNotReadyAddresses: false };
      cluster.set('services', { key: CONTROLLER, ports: own, clusterIps, ...base });
    },
    carts(...ips: readonly string[]): void {
      cluster.set(
        'endpointslices',
        slice(
          'a',
          ips.map((ip) => endpoint(ip)),
        ),
      );
    },
    current,
    step(ms: number): void {
      clock.nowMs += ms;
      current();
    },
    look(upstreams: readonly TrackedUpstream[] = [cart()], views = [view({})]) {
      plane.look(views, upstreams);
      return Object.fromEntries(conditions.all().map(({ condition, isActive }) => [condition, isActive]));
    },
  };
}

/** An upstream of shop/cart at the gateway edge; `stale`: address → since when. */
export function cart(
  stale: Readonly<Record<string, number>> = {},
  more: Partial<TrackedUpstream['view']> = {},
): TrackedUpstream {
  const addresses = Object.entries(stale).map(([address, sinceMs]) => ({ address, state: 'stale' as const, sinceMs }));
  const counts = {
    live: 1,
    terminating: 0,
    not_ready: 0,
    stale: addresses.length,
    foreign: 0,
    port_drift: 0,
    missing: 0,
    unknown: 0,
  };
  return {
    key: 'conf shop_cart_80',
    view: view({}, { subject: EDGE, ...more }),
    upstream: { name: 'shop_cart_80', alias: '', servers: [server('10.0.0.1:8080')] },
    mapped: {
      service: { service: 'shop/cart', portName: 'http' },
      portNumber: '80',
      method: 'name',
      reason: '',
      isStatic: false,
    },
    compared: { counts, addresses, driftSinceMs: null, isWaiting: false, isUnconfirmed: false },
  };
}
