import type { Clock } from '../contract/unit.ts';
import type { ServicePort, SocketAddress } from './endpoint-states.ts';
import type { GapCluster, PodOfEndpoint } from './gap-cluster.ts';
import type { GapUnknown } from './gap-sink.ts';
import type { Budget } from './pending.ts';
import type { RecentLosses } from './recent-losses.ts';

export interface GapSurroundings {
  readonly clock: Clock;
  readonly cluster: GapCluster;
  readonly losses: RecentLosses;
  readonly budget: Budget;
  /** Between two reads of a proxy; when they are further apart nothing is measured. */
  readonly longestReadMs: number;
}

/** An address that a proxy uses. */
export interface Used {
  readonly address: SocketAddress;
  readonly first: FirstRead;
}

/** The first time that addresses were read, one for all of them. */
export interface FirstRead {
  readonly atMs: number;
  /** They were there when the proxy came back into sight: in between they may have been used as well. */
  readonly isReturned: boolean;
}

/** In use and not ready. */
export interface Dying {
  /** Where its death gap begins; null: not known, for `reason`. */
  readonly lostMs: number | null;
  readonly reason: GapUnknown;
  /** The proxy took it before our watch saw it ready. */
  readonly isEarly: boolean;
  readonly pod: PodOfEndpoint | null;
}

/** Our watch has just seen it lose `ready`. */
export function seen(lostMs: number): Dying {
  return { lostMs, reason: 'not_seen', isEarly: false, pod: null };
}

/** It was ready no more when we could look again, or for the first time. */
export function unseen({ cluster }: GapSurroundings, service: ServicePort, address: SocketAddress): Dying {
  return { lostMs: null, reason: 'not_seen', isEarly: false, pod: cluster.podAt(service, address) };
}

/**
 * A proxy, or an upstream, turns out to use it when it is not ready. If our watch saw it lose that, the gap begins when the
 * proxy was first read with it.
 */
export function met(around: GapSurroundings, service: ServicePort, { address, first }: Used, isEarly: boolean): Dying {
  const lostMs = around.losses.lostAt(service, address);
  if (lostMs === undefined) return { ...resolved(around, unseen(around, service, address)), isEarly };
  if (first.isReturned) return { lostMs: null, reason: 'proxy_gone', isEarly, pod: null };
  return { ...seen(Math.max(lostMs, first.atMs)), isEarly };
}

/** With the moment when the deletion of its pod was asked for, if that is known: the only time of the API server that counts. */
export function resolved({ clock, cluster }: GapSurroundings, dying: Dying): Dying {
  if (dying.lostMs !== null || dying.reason !== 'not_seen' || dying.pod === null) return dying;
  const deletedMs = cluster.deletedAtMs(dying.pod);
  return deletedMs === null ? dying : { ...dying, lostMs: Math.min(deletedMs, clock.now()) };
}
