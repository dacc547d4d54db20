import type { Subject } from '../../src/contract/metrics.ts';
import { DURATION_BUCKETS, type TrafficSink } from '../../src/contract/traffic.ts';

/** A sink that adds up what it is told, by gateway and by upstream address or name. */
export class TrafficSeen implements TrafficSink {
  readonly buckets = DURATION_BUCKETS;
  readonly followed: string[] = [];
  /** `gateway upstream code` → answers. */
  readonly answers: Record<string, number> = {};
  readonly attempts: Record<string, number> = {};
  readonly retries: Record<string, number> = {};
  /** `new` of each upstream. */
  readonly opened: Record<string, number> = {};
  readonly gateways: Record<string, Totals> = {};

  follows(_: string, { gateway }: Subject): void {
    this.followed.push(gateway);
  }

  leaves(_: string, { gateway }: Subject): void {
    this.followed.splice(this.followed.indexOf(gateway), 1);
  }

  isFollowed(_: string, { gateway }: Subject): boolean {
    return this.followed.includes(gateway);
  }

  gateway: TrafficSink['gateway'] = (_, { gateway }, traffic) => {
    this.gateways[gateway] ??= { requests: 0, seconds: 0, received: null, sent: 0, upgrades: 0 };
    const totals = this.gateways[gateway];
    for (let i = 0; i < traffic.durations.counts.length; i++) totals.requests += traffic.durations.counts[i];
    totals.seconds += traffic.durations.sum;
    if (traffic.requestBytes !== null) totals.received = (totals.received ?? 0) + traffic.requestBytes;
    totals.sent += traffic.responseBytes;
    totals.upgrades += traffic.upgrades;
  };

  upstream: TrafficSink['upstream'] = (_, { gateway }, traffic) => {
    const { peer, upstream } = traffic;
    const name = `${gateway} ${peer === null ? upstream || '-' : `${peer.address}:${peer.port ?? ''}`}`;
    for (const [code, count] of traffic.answers) add(this.answers, `${name} ${code}`, count);
    for (const [code, count] of traffic.attempts) add(this.attempts, `${name} ${code}`, count);
    for (const [method, count] of traffic.retries) add(this.retries, `${name} ${method}`, count);
    if (traffic.newConnections > 0) add(this.opened, name, traffic.newConnections);
  };
}

export interface Totals {
  requests: number;
  seconds: number;
  /** Null: nobody says. */
  received: number | null;
  sent: number;
  upgrades: number;
}

function add(sums: Record<string, number>, key: string, count: number): void {
  sums[key] = (sums[key] ?? 0) + count;
}
