import type { UpstreamInUse } from '../contract/upstream.ts';
import type { BreakerThreshold, ClusterStatus } from '../parse/envoy-hosts.ts';
import type { AggregateAnswers } from './envoy-aggregates.ts';
import type { AppErrors } from './envoy-app-errors.ts';
import type { HostTable, Members } from './envoy-hosts.ts';
import type { HeldStorms } from './envoy-storms.ts';

export interface ClusterMemory {
  readonly name: string;
  /** Row in the tables. */
  readonly place: number;
  readonly aliases: readonly string[];
  /** What an access log may call it (`alt_stat_name`); '': the same. */
  readonly alias: string;
  readonly hosts: HostTable;
  members: Members;
  thresholds: readonly BreakerThreshold[];
  /** The cluster as an upstream; another object exactly when it has changed. */
  inUse: UpstreamInUse;
  seen: number;
  isHeld: boolean;
  readonly appErrors: AppErrors;
  readonly storms: HeldStorms;
  readonly aggregates: AggregateAnswers;
}

/** The names under which a cluster's stats may stand: Envoy writes `:` as `_`, Istio ends the name with `;`. */
export function statNamesOf(cluster: ClusterStatus): string[] {
  const name = (cluster.observabilityName || cluster.name).replaceAll(':', '_').replace(/;$/, '');
  const bytes = Buffer.from(name, 'utf8').toString('latin1');
  return [bytes, `${bytes};`];
}

export function aliasOf({ name, observabilityName }: ClusterStatus): string {
  const alias = observabilityName.replace(/;$/, '');
  return alias === name ? '' : alias;
}
