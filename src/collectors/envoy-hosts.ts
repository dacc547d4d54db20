import { isIP } from 'node:net';
import type { ServerInUse, ServerKind } from '../contract/upstream.ts';
import { HOST_FLAGS, type HostStatus } from '../parse/envoy-hosts.ts';
import { canonicalIp } from '../parse/ip-address.ts';
import type { ClusterGrowth, HostGrowth } from './envoy-growth.ts';

/** What a counter grew by; a counter that went down was reset, by a restart or by hand, and counts from 0. */
export function grow(now: number, before: number): number {
  return now >= before ? now - before : now;
}

/** A host's failure counters as read now and at the last settled poll. */
interface HostCounters {
  connectFails: number;
  errors: number;
  timeouts: number;
  connectFailsBefore: number;
  errorsBefore: number;
  timeoutsBefore: number;
  hasAnswered: boolean;
}

/** A host over the polls, and, with 100,000 of them in mind, itself the server that is reported as in use. */
class HostState implements ServerInUse {
  readonly scheme: HostStatus['scheme'];
  readonly address: string;
  readonly port: number | null;
  isDraining: boolean;
  failsChecks = false;
  /** Null while all are 0: most hosts never fail. */
  counters: HostCounters | null = null;
  /** Number of the poll that listed it last. */
  seen = 0;

  constructor({ scheme, address, port, flags }: HostStatus) {
    this.scheme = scheme;
    this.address = address;
    this.port = port;
    this.isDraining = (flags & DRAINING) !== 0;
  }

  get kind(): ServerKind {
    if (this.scheme === 'tcp') return isIP(this.address) === 0 ? 'hostname' : 'ip';
    return this.scheme === 'unix' ? 'unix' : 'placeholder';
  }

  get host(): string {
    return this.kind === 'ip' ? (canonicalIp(this.address) ?? this.address) : this.address;
  }

  get place(): string {
    return '';
  }
}

/** Hosts that left are kept so long: their last failures show up in the cluster's counters only after they left. */
const VANISHED_POLLS = 2;
/** And so long while they have attempts under way: streams may last for hours. */
const MOST_VANISHED_POLLS = 12;
const EXCLUDED = HOST_FLAGS.pendingActiveHealthCheck | HOST_FLAGS.excludedViaImmediateHealthCheckFail;
const UNHEALTHY =
  HOST_FLAGS.failedActiveHealthCheck |
  HOST_FLAGS.failedOutlierCheck |
  HOST_FLAGS.activeHealthCheckTimeout |
  HOST_FLAGS.edsUnhealthy |
  HOST_FLAGS.edsDraining |
  HOST_FLAGS.edsTimeout;
/** Out of EDS, or on its way, on purpose: Envoy keeps a removed host while its active health check passes. */
const DRAINING = HOST_FLAGS.edsDraining | HOST_FLAGS.pendingDynamicRemoval;
const FAILS_CHECKS = HOST_FLAGS.failedActiveHealthCheck | HOST_FLAGS.activeHealthCheckTimeout;
const DEGRADED = HOST_FLAGS.failedActiveDegradedCheck | HOST_FLAGS.edsDegraded;

export interface Members {
  total: number;
  healthy: number;
  degraded: number;
  excluded: number;
}

export function countMembers(hosts: readonly HostStatus[]): Members {
  const members = { total: hosts.length, healthy: 0, degraded: 0, excluded: 0 };
  for (const { flags } of hosts) {
    if ((flags & EXCLUDED) !== 0) members.excluded++;
    if ((flags & (UNHEALTHY | EXCLUDED)) !== 0) continue;
    if ((flags & DEGRADED) !== 0) members.degraded++;
    else members.healthy++;
  }
  return members;
}

function isSame(host: HostState | undefined, status: HostStatus): host is HostState {
  return (
    host !== undefined && host.port === status.port && host.address === status.address && host.scheme === status.scheme
  );
}

function isOther(before: readonly ServerInUse[], now: readonly ServerInUse[]): boolean {
  return before.length !== now.length || before.some((host, index) => host !== now[index]);
}

function keyOf(host: { scheme: string; address: string; port: number | null }): string {
  return `${host.scheme} ${host.address} ${host.port}`;
}

function newCounters(): HostCounters {
  return {
    connectFails: 0,
    errors: 0,
    timeouts: 0,
    connectFailsBefore: 0,
    errorsBefore: 0,
    timeoutsBefore: 0,
    hasAnswered: false,
  };
}

/** Takes a host's values; the same address listed twice in one poll counts together. A counter above 2^53 is NaN: 0. */
function readCounters(host: HostState, status: HostStatus, isRepeated: boolean): void {
  const { cx_connect_fail, rq_error, rq_timeout, rq_success } = status.counters;
  if (host.counters === null && !(cx_connect_fail || rq_error || rq_timeout)) return;
  const counters = host.counters ?? newCounters();
  host.counters = counters;
  counters.connectFails = (isRepeated ? counters.connectFails : 0) + (cx_connect_fail || 0);
  counters.errors = (isRepeated ? counters.errors : 0) + (rq_error || 0);
  counters.timeouts = (isRepeated ? counters.timeouts : 0) + (rq_timeout || 0);
  counters.hasAnswered = rq_success > 0;
}

function growthOf({ scheme, address, port }: HostState, counters: HostCounters | null): HostGrowth {
  if (counters === null) return { scheme, address, port, connectFails: 0, errors: 0, timeouts: 0 };
  const connectFails = grow(counters.connectFails, counters.connectFailsBefore);
  const errors = grow(counters.errors, counters.errorsBefore);
  const timeouts = grow(counters.timeouts, counters.timeoutsBefore);
  const growth = { scheme, address, port, connectFails, errors, timeouts };
  return counters.hasAnswered ? { ...growth, hasAnswered: true } : growth;
}

/** The hosts of one cluster over the polls. Lean: no map and no key strings per host. */
export class HostTable {
  #hosts: HostState[] = [];
  #inUse: readonly ServerInUse[] = [];
  /** The cluster has more attempts under way than its hosts: those that left have them, also such as began since they were listed last. */
  #areOthersActive = false;
  /** Attempts under way at the hosts of the last poll. */
  #active = 0;
  #poll = 0;

  /** Number of hosts remembered, vanished ones included. */
  get size(): number {
    return this.#hosts.length;
  }

  /** The hosts of the last poll; another array exactly when one has come, gone, or begun or ended to drain. */
  get inUse(): readonly ServerInUse[] {
    return this.#inUse;
  }

  /** Takes the host list of one poll. */
  read(statuses: readonly HostStatus[], poll: number): void {
    const before = this.#hosts;
    let byKey: Map<string, HostState> | null = null;
    this.#poll = poll;
    this.#active = 0;
    const listed: HostState[] = [];
    let isChanged = false;
    for (let i = 0; i < statuses.length; i++) {
      const status = statuses[i];
      let host: HostState | undefined = before[i];
      // Envoy keeps the order; only after a change of membership is a look-up needed.
      if (!isSame(host, status)) {
        byKey ??= new Map(before.map((known) => [keyOf(known), known]));
        host = byKey.get(keyOf(status));
        if (host === undefined) {
          host = new HostState(status);
          byKey.set(keyOf(host), host);
        }
      }
      const isRepeated = host.seen === poll;
      const isDraining = (status.flags & DRAINING) !== 0;
      isChanged ||= host.isDraining !== isDraining;
      host.isDraining = isDraining;
      // No other array for it: hosts come and go in health, and the addresses in use are the same.
      host.failsChecks = (status.flags & FAILS_CHECKS) !== 0;
      if (!isRepeated) listed.push(host);
      readCounters(host, status, isRepeated);
      this.#active += status.counters.rq_active || 0;
      host.seen = poll;
    }
    if (isChanged || isOther(this.#inUse, listed)) this.#inUse = [...listed];
    for (const host of before) if (host.seen !== poll && this.#isRemembered(host)) listed.push(host);
    this.#hosts = listed;
  }

  #isRemembered(host: HostState): boolean {
    return this.#poll - host.seen <= (this.#areOthersActive ? MOST_VANISHED_POLLS : VANISHED_POLLS);
  }

  /**
   * Growth of the hosts that grew, the hosts that left lately, and the only one if there is no other.
   * @param active attempts of the cluster that are under way
   */
  measure(active = 0): Pick<ClusterGrowth, 'hosts' | 'vanished' | 'soleHost'> & { readonly hasHosts: boolean } {
    const hosts: HostGrowth[] = [];
    const vanished: HostGrowth[] = [];
    for (const host of this.#hosts) {
      if (host.seen !== this.#poll) vanished.push(growthOf(host, null));
      if (host.seen !== this.#poll || host.counters === null) continue;
      const growth = growthOf(host, host.counters);
      if (growth.connectFails + growth.errors + growth.timeouts > 0) hosts.push(growth);
    }
    this.#areOthersActive = active > this.#active;
    const [first] = this.#hosts;
    const soleHost = this.#hosts.length === 1 ? growthOf(first, first.counters) : null;
    return { hosts, vanished, soleHost, hasHosts: this.#hosts.length > vanished.length };
  }

  /** Makes the values of this poll the ones that the next is measured from. */
  settle(): void {
    for (const { counters } of this.#hosts) {
      if (counters === null) continue;
      counters.connectFailsBefore = counters.connectFails;
      counters.errorsBefore = counters.errors;
      counters.timeoutsBefore = counters.timeouts;
    }
  }

  /** Everything counts from 0 again: the process is a new one. */
  zero(): void {
    for (const { counters } of this.#hosts)
      if (counters !== null) counters.connectFailsBefore = counters.errorsBefore = counters.timeoutsBefore = 0;
  }
}
