import type { IngressClass } from '../parse/ingress-class.ts';
import type { MasterReading, WorkerReading } from './nginx-workers-master.ts';
import type { WorkerState } from './nginx-workers-metrics.ts';

/** A look at one nginx with what is known beside its workers. */
export interface NginxReading extends MasterReading {
  /** Sockets that listen; null: not known. */
  readonly listeners: number | null;
  /** worker_connections; null: not known. */
  readonly connectionsLimit: number | null;
  /** `nginx_config` follows its configuration, and tells what its reloads change. */
  readonly isConfigKnown: boolean;
  /** Null: no controller started it. */
  readonly ingressClass: IngressClass | null;
}

export interface StateTotals {
  readonly workers: number;
  /** Null: of one of them it cannot be read, so that the sum is not known. */
  readonly residentBytes: number | null;
  readonly proportionalBytes: number | null;
}

/** `limit` null: none, or not known. */
export interface Used {
  readonly used: number;
  readonly limit: number | null;
}

/** One gateway: mostly one nginx, two while it is upgraded. */
export interface GatewayTotals {
  readonly states: Readonly<Record<WorkerState, StateTotals>>;
  readonly oldestDrainingMs: number | null;
  readonly fds: Used | null;
  readonly connections: Used | null;
  /** Null: not known. */
  readonly held: number | null;
  readonly isProportionalDenied: boolean;
}

export function totalsOf(readings: readonly NginxReading[]): GatewayTotals {
  const workers = readings.flatMap((reading) => reading.workers);
  const [running, draining] = [workers.filter((one) => !one.isDraining), workers.filter((one) => one.isDraining)];
  const isProportionalDenied = workers.some(({ proportionalBytes }) => proportionalBytes === 'denied');
  const ofState = (group: readonly WorkerReading[]): StateTotals => ({
    workers: group.length,
    residentBytes: sum(group.map(({ residentBytes }) => residentBytes)),
    // A 0 of a state without workers would look like a permission.
    proportionalBytes: isProportionalDenied ? null : sum(group.map(proportionalOf)),
  });
  const starts = draining.map(({ startMs }) => startMs).filter((startMs) => startMs !== null);
  return {
    states: { running: ofState(running), shutting_down: ofState(draining) },
    oldestDrainingMs: starts.length === 0 ? null : Math.min(...starts),
    fds: nearestToLimit(workers.map(({ openFds, openFdsLimit }) => ({ used: openFds, limit: openFdsLimit }))),
    connections: nearestToLimit(readings.flatMap(connectionsOf)),
    held: sum(readings.flatMap(heldOf)),
    isProportionalDenied,
  };
}

function proportionalOf({ proportionalBytes }: WorkerReading): number | null {
  return proportionalBytes === 'denied' ? null : proportionalBytes;
}

function connectionsOf({ workers, connectionsLimit }: NginxReading): { used: number | null; limit: number | null }[] {
  return workers
    .filter(({ isDraining }) => !isDraining)
    .map(({ connections }) => ({ used: connections, limit: connectionsLimit }));
}

function heldOf({ workers, listeners }: NginxReading): (number | null)[] {
  return workers
    .filter(({ isDraining }) => isDraining)
    .map(({ connections }) =>
      connections === null || listeners === null ? null : Math.max(0, connections + listeners),
    );
}

function nearestToLimit(all: readonly { readonly used: number | null; readonly limit: number | null }[]): Used | null {
  let nearest: Used | null = null;
  for (const { used, limit } of all) {
    if (used === null) continue;
    const isNearer =
      nearest === null ||
      ((limit === null) === (nearest.limit === null)
        ? used / (limit ?? 1) > nearest.used / (nearest.limit ?? 1)
        : limit !== null);
    if (isNearer) nearest = { used, limit };
  }
  return nearest;
}

function sum(values: readonly (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return total;
}
