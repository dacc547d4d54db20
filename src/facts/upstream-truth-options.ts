import type { EndpointState } from '../contract/endpoint.ts';
import type { Clock } from '../contract/unit.ts';
import type { ClusterState } from './cluster-state.ts';
import type { UseListener } from './gap-sink.ts';
import { HoldDown } from './hold-down.ts';
import type { PastOwners } from './past-owners.ts';
import type { Mapping } from './tracked-upstream.ts';
import { UpstreamComparison } from './upstream-comparison.ts';

export interface UpstreamTruthOptions extends PastOwners {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  readonly mapping: Mapping;
  readonly holdDownMs?: number;
  /** How old a view of a proxy may be before nothing is said of it. */
  readonly viewStaleAfterMs: number;
  readonly uses?: UseListener;
}

/** Compares with the slices of the cluster as they are at each look. */
export function comparisonFor(options: UpstreamTruthOptions): UpstreamComparison {
  const { clock, cluster, holdDownMs } = options;
  return new UpstreamComparison({
    ...options,
    index: cluster.index,
    holdDown: new HoldDown<EndpointState>({
      clock,
      ...(holdDownMs === undefined ? {} : { milliseconds: holdDownMs }),
    }),
    isFresh: () => cluster.freshness('endpointslices') === 'fresh',
    knownUntilMs: () => cluster.knownUntilMs('endpointslices'),
  });
}
