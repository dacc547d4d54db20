import type { Subject, Writers } from '../contract/metrics.ts';
import type { NamedStat } from './envoy-memory.ts';
import type { ENVOY_METRICS } from './envoy-metrics.ts';

/** What one RBAC filter denied in one poll. */
export interface Denied {
  /** As Envoy names its stats: `http.inbound.rbac`, `connect_authz.rbac`. Filters with the same prefix are one. */
  readonly filter: string;
  readonly count: number;
  /** Of these and of those of earlier polls: denied by a policy, by the want of one that allows, and not told apart. */
  readonly byMatch: Readonly<Record<'policy' | 'none' | 'unknown', number>>;
  readonly policies: readonly string[];
}

interface FilterMemory {
  /** Denied less what policies denied, since policies are known to be counted. */
  unmatched: number;
  told: number;
}

const MOST_FILTERS = 100;
const MOST_POLICIES = 3;
const MOST_LETTERS = 100;
const OTHER = 'other';

/** `http.in.rbac.policy.no-secrets.denied` → `http.in.rbac` and `no-secrets`. Before 1.29 a prefix stood before `rbac` without a dot. */
function splitName({ stat, name }: NamedStat): { filter: string; policy: string } {
  const end = name.lastIndexOf('.');
  if (stat === 'rbac_denied') return { filter: name.slice(0, end).slice(0, MOST_LETTERS), policy: '' };
  const at = name.indexOf('.policy.', name.search(/rbac\.(.*\.)?policy\./));
  return { filter: name.slice(0, at).slice(0, MOST_LETTERS), policy: name.slice(at + 8, end).slice(0, MOST_LETTERS) };
}

/**
 * Tells who denied, and whether a policy did. Envoy counts policies apart only where a filter has `track_per_rule_stats`, which shows when the
 * first one has been counted. What no policy has counted is told one poll late: the two counters are read one after another.
 */
export class RbacDenials {
  #filters = new Map<string, FilterMemory>();

  measure(stats: readonly NamedStat[]): Denied[] {
    const grouped = this.#group(stats);
    const before = this.#filters;
    this.#filters = new Map();
    return [...grouped].flatMap(([filter, { count, matched, isTracked, policies }]) => {
      if (!isTracked)
        return count === 0 ? [] : [{ filter, count, byMatch: { policy: 0, none: 0, unknown: count }, policies }];
      const known = before.get(filter) ?? { unmatched: 0, told: 0 };
      const unmatched = known.unmatched + count - matched;
      const none = Math.max(0, Math.min(known.unmatched, unmatched) - known.told);
      this.#filters.set(filter, { unmatched, told: known.told + none });
      if (count + matched + none === 0) return [];
      return [{ filter, count, byMatch: { policy: matched, none, unknown: 0 }, policies }];
    });
  }

  /** The process is another one. */
  restart(): void {
    this.#filters = new Map();
  }

  #group(stats: readonly NamedStat[]) {
    const grouped = new Map<string, { count: number; matched: number; isTracked: boolean; policies: string[] }>();
    for (const named of stats) {
      if (!named.stat.startsWith('rbac_')) continue;
      const { filter, policy } = splitName(named);
      const key = grouped.has(filter) || grouped.size < MOST_FILTERS ? filter : OTHER;
      const group = grouped.get(key) ?? { count: 0, matched: 0, isTracked: false, policies: [] };
      grouped.set(key, group);
      if (named.stat === 'rbac_denied') group.count += named.growth;
      else group.isTracked ||= key !== OTHER;
      if (named.stat !== 'rbac_policy_denied' || named.growth === 0) continue;
      group.matched += named.growth;
      if (group.policies.length < MOST_POLICIES) group.policies.push(policy);
    }
    return grouped;
  }
}

/** `the RBAC filter http.in.rbac denied 12: 3 by policy no-secrets, 9 that no policy of it matches` */
export function deniedSentence({ filter, count, byMatch: { policy, none }, policies }: Denied): string {
  const parts = [
    ...(policy > 0 ? [`${policy} by policy ${policies.join(', ')}`] : []),
    ...(none > 0 ? [`${none} that no policy of it matches`] : []),
  ];
  return `the RBAC filter ${filter} denied ${count}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

export function countDenied(
  metrics: Pick<Writers<typeof ENVOY_METRICS>, 'rbacDenied'>,
  subject: Subject,
  denied: readonly Denied[],
): void {
  for (const { filter, byMatch } of denied)
    for (const match of ['policy', 'none', 'unknown'] as const)
      if (byMatch[match] > 0) metrics.rbacDenied.inc({ ...subject, filter, match }, byMatch[match]);
}
