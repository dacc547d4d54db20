import { foreignCounter, gauge, SUBJECT_LABELS } from '../contract/metrics.ts';

/** What is with a cgroup that was to be read; closed set of `badgateway_cgroups{state}`. */
export const CGROUP_STATES = [
  'read',
  'not_visible',
  'not_permitted',
  'root',
  'shared',
  'same_labels',
  'over_limit',
] as const;
export type CgroupState = (typeof CGROUP_STATES)[number];

/** Keyed as CgroupValues has them. */
export const SINGLE_METRICS = {
  workingSet: gauge(
    'badgateway_memory_working_set_bytes',
    'Memory in use without file cache that is not: what counts against the limit.',
    SUBJECT_LABELS,
  ),
  limit: gauge('badgateway_memory_limit_bytes', 'Memory limit; no series: no limit.', SUBJECT_LABELS),
  peak: gauge('badgateway_memory_peak_bytes', 'Most memory that was ever in use, file cache included.', SUBJECT_LABELS),
  oomKills: foreignCounter(
    'badgateway_oom_kills_total',
    'Processes that the kernel killed for want of memory, also workers whose container lives on.',
    SUBJECT_LABELS,
  ),
  throttledSeconds: foreignCounter(
    'badgateway_cpu_throttled_seconds_total',
    'Time in which tasks were kept from running by the CPU limit, summed over CPUs.',
    SUBJECT_LABELS,
  ),
  periods: foreignCounter(
    'badgateway_cpu_periods_total',
    'Periods of the CPU limit in which something wanted to run.',
    SUBJECT_LABELS,
  ),
  throttledPeriods: foreignCounter(
    'badgateway_cpu_throttled_periods_total',
    'Periods of the CPU limit in which it was used up.',
    SUBJECT_LABELS,
  ),
  cpuLimit: gauge('badgateway_cpu_limit_cores', 'CPU limit in cores; no series: no limit.', SUBJECT_LABELS),
} as const;

export const CGROUPS_METRICS = {
  ...SINGLE_METRICS,
  podOomKills: foreignCounter(
    'badgateway_pod_oom_kills_total',
    'Processes of a pod that the kernel killed for want of memory, also in containers that are gone; cgroup v2 only.',
    ['namespace', 'pod', 'gateway'],
  ),
  pressure: foreignCounter(
    'badgateway_pressure_stalled_seconds_total',
    'Time in which tasks of the cgroup waited for a resource: some at least one, full all of them; cgroup v2 only.',
    [...SUBJECT_LABELS, 'resource', 'kind'],
  ),
  nodePressure: foreignCounter(
    'badgateway_node_pressure_stalled_seconds_total',
    'Time in which tasks of the machine waited for a resource: some at least one, full all of them.',
    ['resource', 'kind'],
  ),
  cgroups: gauge('badgateway_cgroups', 'Cgroups of gateways and backends by what became of reading them.', ['state']),
} as const;
