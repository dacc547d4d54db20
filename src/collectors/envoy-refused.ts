import type { Symptom } from '../contract/names.ts';
import { apportion } from '../parse/apportion.ts';
import type { ClusterStat } from '../parse/envoy-stats.ts';
import { errorsOf, foreignErrors } from './envoy-app-errors.ts';
import { HOSTLESS_ERRORS } from './envoy-dropped.ts';
import type { Finding } from './envoy-failures.ts';
import { areStatsHidden, type ClusterGrowth, STAT, sumOf } from './envoy-growth.ts';

interface Decider {
  readonly stat: ClusterStat;
  readonly symptom: Symptom;
  readonly said: string;
}

/** Filters that ask a service whether a request may pass, and count its answer for the cluster of the route. */
const DECIDERS: readonly Decider[] = [
  {
    ...{ stat: 'ext_authz.denied', symptom: 'other' },
    said: 'the service that ext_authz asks denied them, with an answer of class 5xx',
  },
  {
    ...{ stat: 'ratelimit.over_limit', symptom: 'rate_limited' },
    said: 'the service that the rate limit filter asks refused them, and the filter answers 5xx',
  },
];

/**
 * Takes what was refused with 5xx out of what one cluster has counted: no host was asked, so no host has it. With which code was refused is not
 * told: it is as many of the refusals as there are 5xx that neither a host has nor another counter tells of, and no more than 5xx of internal
 * requests: refusals stand among these, those of clients from outside do not.
 */
export function takeRefused(growth: ClusterGrowth): [refused: Finding[], rest: ClusterGrowth] {
  const refusals = DECIDERS.map(({ stat }) => growth.stats[STAT[stat]]);
  const most = refusals.reduce((sum, count) => sum + count, 0);
  if (most === 0 || areStatsHidden(growth)) return [[], growth];
  const atHosts = growth.hosts.reduce((sum, { errors }) => sum + errors, 0);
  const hostless = errorsOf(growth) - atHosts - sumOf(growth.stats, HOSTLESS_ERRORS);
  const stats = growth.stats.slice();
  const most5xx = Math.min(most, stats[STAT['internal.upstream_rq_5xx']]);
  let refused = 0;
  for (const [code, count] of foreignErrors(growth)) {
    const taken = Math.max(0, Math.min(count, most5xx - refused, hostless - refused));
    stats[STAT[code]] -= taken;
    refused += taken;
  }
  const parts = apportion(refused, refusals);
  const findings = DECIDERS.map(({ stat, symptom, said }, at): Finding => {
    stats[STAT[stat]] -= parts[at];
    return { symptom, failure: true, host: null, count: parts[at], said };
  });
  return [findings.filter(({ count }) => count > 0), { ...growth, stats }];
}
