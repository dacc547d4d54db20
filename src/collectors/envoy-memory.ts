import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { ClusterStatus } from '../parse/envoy-hosts.ts';
import { CLUSTER_STATS, type StatsConsumer } from '../parse/envoy-stats.ts';
import { AggregateAnswers, isBelowAggregate } from './envoy-aggregates.ts';
import { AppErrors } from './envoy-app-errors.ts';
import { aliasOf, type ClusterMemory, statNamesOf } from './envoy-cluster-memory.ts';
import { explainCluster, type Finding, isHalfRead } from './envoy-failures.ts';
import { STAT } from './envoy-growth.ts';
import { countMembers, grow, HostTable } from './envoy-hosts.ts';
import { countGivenUp, GIVEN_UP, type GivenUp, givenUp, NOTHING_GIVEN_UP } from './envoy-own-answers.ts';
import { takeRefused } from './envoy-refused.ts';
import { markRetried } from './envoy-retried.ts';
import { HeldStorms } from './envoy-storms.ts';
import { withResolution } from './envoy-unresolved.ts';

const WIDTH = CLUSTER_STATS.length;
export const MAX_CLUSTERS = 50_000;
export const MAX_HOSTS = 500_000;
export const MAX_GLOBALS = 20_000;

/** A stat outside clusters whose owner matters. */
export interface NamedStat {
  readonly stat: GlobalStat;
  readonly name: string;
  readonly value: number;
  readonly growth: number;
}

const NAMED: ReadonlySet<GlobalStat> = new Set<GlobalStat>([
  ...(['rbac_denied', 'rbac_policy_denied', 'rbac_policy_allowed'] as const),
  ...(['downstream_cx_total', 'downstream_cx_active'] as const),
]);

/** `stats` is the growth, overwritten by the next call. */
interface MeasuredCluster extends GivenUp {
  readonly stats: Float64Array;
  readonly findings: Finding[];
}

interface GlobalMemory {
  readonly stat: GlobalStat;
  value: number;
  before: number;
  seen: number;
}

/**
 * What one Envoy's counters said at the last settled poll, and what they say now. A poll is `begin`, the parsers' calls,
 * then `measureCluster` for every cluster and `measureGlobals`, or nothing when it failed: then the next good poll covers the longer time.
 */
export class EnvoyMemory implements StatsConsumer {
  readonly clusters = new Map<string, ClusterMemory>();
  /** Clusters, hosts and names left out because a table was full. */
  overflowed = 0;
  #poll = 0;
  #isBaselined = false;
  #haveClientsLeft = false;
  #areBelow = false;
  #hostCount = 0;
  #now = new Float64Array(0);
  #before = new Float64Array(0);
  readonly #growth = new Float64Array(WIDTH);
  readonly #places = new Map<string, number>();
  readonly #free: number[] = [];
  #rows = 0;
  readonly #globals = new Map<string, GlobalMemory>();

  begin(): void {
    this.#poll++;
    this.#hostCount = 0;
    this.#now.fill(0);
  }

  readonly addCluster = (status: ClusterStatus): void => {
    const known = this.clusters.get(status.name);
    const isFull = known === undefined && this.clusters.size >= MAX_CLUSTERS;
    this.#hostCount += status.hosts.length;
    if (isFull || this.#hostCount > MAX_HOSTS) {
      this.overflowed++;
      return;
    }
    const cluster = known ?? this.#remember(status);
    cluster.seen = this.#poll;
    cluster.members = countMembers(status.hosts);
    cluster.thresholds = status.thresholds;
    cluster.hosts.read(status.hosts, this.#poll);
    const { servers, alias } = cluster.inUse;
    if (servers !== cluster.hosts.inUse || alias !== status.edsServiceName)
      cluster.inUse = { name: status.name, alias: status.edsServiceName, servers: cluster.hosts.inUse };
  };

  #remember(status: ClusterStatus): ClusterMemory {
    const place = this.#free.pop() ?? this.#rows++;
    if (place * WIDTH >= this.#now.length) this.#enlarge();
    this.#before.fill(0, place * WIDTH, (place + 1) * WIDTH);
    const aliases = statNamesOf(status).filter((alias) => !this.#places.has(alias));
    for (const alias of aliases) this.#places.set(alias, place);
    const cluster = {
      name: status.name,
      ...{ place, aliases, alias: aliasOf(status) },
      hosts: new HostTable(),
      ...{ members: countMembers([]), thresholds: [] },
      inUse: { name: status.name, alias: '', servers: [] },
      ...{ seen: 0, isHeld: false },
      appErrors: new AppErrors(),
      ...{ storms: new HeldStorms(), aggregates: new AggregateAnswers() },
    };
    this.clusters.set(status.name, cluster);
    return cluster;
  }

  #enlarge(): void {
    const length = Math.max(64 * WIDTH, this.#now.length * 2);
    for (const key of ['now', 'before'] as const) {
      const larger = new Float64Array(length);
      larger.set(key === 'now' ? this.#now : this.#before);
      if (key === 'now') this.#now = larger;
      else this.#before = larger;
    }
  }

  findCluster(name: string): number | undefined {
    return this.#places.get(name);
  }

  onCluster(place: number, stat: number, value: number): void {
    this.#now[place * WIDTH + stat] = value;
  }

  onGlobal(stat: GlobalStat, name: string, value: number): void {
    let memory = this.#globals.get(name);
    if (memory === undefined) {
      if (this.#globals.size >= MAX_GLOBALS) {
        this.overflowed++;
        return;
      }
      memory = { stat, value: 0, before: 0, seen: 0 };
      this.#globals.set(name, memory);
    }
    memory.value = value;
    memory.seen = this.#poll;
  }

  /** Values of a cluster's stats now, by index of CLUSTER_STATS; valid until the next poll. */
  rowOf(cluster: ClusterMemory): Float64Array {
    return this.#now.subarray(cluster.place * WIDTH, (cluster.place + 1) * WIDTH);
  }

  /** To be called before the clusters are measured: whether clients that have left explain all requests that were given up. */
  weighClients(): void {
    let givenUp = 0;
    this.#areBelow = false;
    for (const cluster of this.clusters.values()) {
      const totals = this.rowOf(cluster);
      this.#areBelow ||= isBelowAggregate(totals);
      const before = this.#before.subarray(cluster.place * WIDTH);
      if (GIVEN_UP.some((stat) => totals[stat] !== before[stat])) givenUp += countGivenUp(this.#grow(cluster), totals);
    }
    let left = 0;
    for (const { stat, seen, value, before } of this.#globals.values())
      if (stat === 'downstream_rq_rx_reset' && seen === this.#poll) left += grow(value, before);
    this.#haveClientsLeft = givenUp <= left;
  }

  #grow({ place }: ClusterMemory): Float64Array {
    const growth = this.#growth;
    const from = place * WIDTH;
    if (!this.#isBaselined) return growth.fill(0);
    for (let i = 0; i < WIDTH; i++) growth[i] = grow(this.#now[from + i], this.#before[from + i]);
    return growth;
  }

  /** Growth of a cluster's stats since the last settled poll; overwritten by the next call. Nothing at the first poll. */
  measureCluster(cluster: ClusterMemory): MeasuredCluster {
    const totals = this.rowOf(cluster);
    cluster.inUse = withResolution(cluster.inUse, cluster.members, totals);
    const before = this.#before.subarray(cluster.place * WIDTH, (cluster.place + 1) * WIDTH);
    const stats = this.#grow(cluster);
    let findings: Finding[] = [];
    let given: GivenUp = NOTHING_GIVEN_UP;
    if (this.#isBaselined) {
      const active = STAT.upstream_rq_active;
      const ofOthers = { haveClientsLeft: this.#haveClientsLeft, activeBefore: before[active] };
      const all = { stats, totals, ...cluster.hosts.measure(totals[active]), ...ofOthers };
      const isLate = cluster.isHeld;
      cluster.isHeld = !isLate && isHalfRead(all);
      if (cluster.isHeld) {
        stats.fill(0);
        return { stats, findings, ...given };
      }
      given = givenUp(all);
      const [refused, growth] = takeRefused(cluster.aggregates.place(all, this.#areBelow));
      const { appErrors, storms } = cluster;
      findings = [...refused, ...markRetried(explainCluster(growth), growth), ...appErrors.explain(growth)];
      findings = storms.pass(findings, appErrors.isHolding);
      if (isLate) findings = findings.map((finding) => ({ ...finding, isLate }));
    }
    before.set(totals);
    cluster.hosts.settle();
    return { stats, findings, ...given };
  }

  /** Sums over all owners of a stat: value now, and growth. Ends the poll: the next one is measured from here. */
  measureGlobals(): { values: Map<GlobalStat, number>; growths: Map<GlobalStat, number>; named: NamedStat[] } {
    const named: NamedStat[] = [];
    const values = new Map<GlobalStat, number>();
    const growths = new Map<GlobalStat, number>();
    for (const [name, memory] of this.#globals) {
      if (memory.seen !== this.#poll) {
        this.#globals.delete(name);
        continue;
      }
      const growth = this.#isBaselined ? grow(memory.value, memory.before) : 0;
      memory.before = memory.value;
      if (NAMED.has(memory.stat)) named.push({ stat: memory.stat, name, value: memory.value, growth });
      values.set(memory.stat, (values.get(memory.stat) ?? 0) + memory.value);
      growths.set(memory.stat, (growths.get(memory.stat) ?? 0) + growth);
    }
    this.#isBaselined = true;
    return { values, growths, named };
  }

  /** Forgets and returns the clusters that Envoy no longer lists. */
  forgetVanished(): ClusterMemory[] {
    const gone = [...this.clusters.values()].filter((cluster) => cluster.seen !== this.#poll);
    for (const cluster of gone) {
      this.clusters.delete(cluster.name);
      for (const alias of cluster.aliases) this.#places.delete(alias);
      this.#free.push(cluster.place);
    }
    return gone;
  }

  /** The process is a new one: all its counters began at 0 after the last settled poll. */
  restart(): void {
    this.#before.fill(0);
    for (const cluster of this.clusters.values()) cluster.hosts.zero();
    for (const memory of this.#globals.values()) memory.before = 0;
  }

  /**
   * A hot restart: the new process starts with what the old one counted since its last flush and goes on from there. What
   * of it was counted already is unknown, so only what exceeds the old totals counts. The hosts' counters began at 0.
   */
  hotRestart(): void {
    for (let i = 0; i < this.#now.length; i++) this.#before[i] = Math.min(this.#before[i], this.#now[i]);
    for (const cluster of this.clusters.values()) cluster.hosts.zero();
    for (const memory of this.#globals.values()) memory.before = Math.min(memory.before, memory.value);
  }
}
