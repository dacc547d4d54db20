import type { UpstreamInUse } from '../contract/upstream.ts';
import { STAT } from './envoy-growth.ts';
import type { Members } from './envoy-hosts.ts';

/**
 * What shows that a cluster (STRICT_DNS, LOGICAL_DNS) has no host because its name gives no address; null: it has some, or lacks them for
 * another reason. Looking up names and a control plane are counted alike, but only the latter has a time of its last update, and clusters are
 * in use without a first one only after it was waited for in vain.
 */
export function unresolvedName({ total }: Pick<Members, 'total'>, totals: Float64Array): string | null {
  const [successes, failures] = [totals[STAT.update_success], totals[STAT.update_failure]];
  if (total > 0 || successes + failures === 0) return null;
  if (totals[STAT.update_time] > 0 || totals[STAT.init_fetch_timeout] > 0) return null;
  // Not how often: another sentence at each poll would be another upstream.
  return successes > 0
    ? 'the cluster has no host: the name server answers, and knows no address of its name (update_success)'
    : 'the cluster has no host: no look-up of its name has succeeded (update_failure)';
}

/** The cluster as an upstream; the same object unless this has changed. */
export function withResolution(
  inUse: UpstreamInUse,
  members: Pick<Members, 'total'>,
  totals: Float64Array,
): UpstreamInUse {
  const unresolved = unresolvedName(members, totals);
  if ((inUse.unresolved ?? null) === unresolved) return inUse;
  const { name, alias, servers } = inUse;
  return { name, alias, servers, ...(unresolved === null ? {} : { unresolved }) };
}
