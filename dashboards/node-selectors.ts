import { NETWORK, NETWORK_LABELS } from './networks.ts';
import { GATEWAY } from './panels.ts';

/** Series about a gateway, or a backend while all gateways are chosen. */
export const SUBJECT = `${GATEWAY},pod=~"$pod",node=~"$node"`;
export const SUBJECT_LABELS = 'instance, namespace, pod, container, gateway';

/** Use of a limit, 1 is all of it; no result where a limit is not known. */
export const SHARES = {
  acceptQueue: share('listen_queue_length', 'listen_queue_limit', NETWORK, `${NETWORK_LABELS}, port`),
  conntrack: share('conntrack_entries', 'conntrack_entries_limit', NETWORK, NETWORK_LABELS),
  connections: share('worker_connections_used', 'worker_connections_limit', SUBJECT, SUBJECT_LABELS),
  openFiles: share('worker_open_fds', 'worker_open_fds_limit', SUBJECT, SUBJECT_LABELS),
  memory: share('memory_working_set_bytes', 'memory_limit_bytes', SUBJECT, SUBJECT_LABELS),
} as const;

/** The same in an hour, if it goes on as in the last half hour. */
export const FORECASTS = {
  conntrack: forecast('conntrack_entries', 'conntrack_entries_limit', NETWORK, NETWORK_LABELS),
  memory: forecast('memory_working_set_bytes', 'memory_limit_bytes', SUBJECT, SUBJECT_LABELS),
} as const;

/** Kills in `range`: the pod's counter, which outlives containers, where the kernel has one (cgroup v2), else those of its containers. */
export function oomKills(range: string): string {
  const by = 'instance, namespace, pod, gateway';
  const grown = (metric: string) => `sum by (${by}) (increase(badgateway_${metric}{${SUBJECT}}[${range}]))`;
  return `(${grown('pod_oom_kills_total')} or ${grown('oom_kills_total')})`;
}

function share(used: string, limit: string, selector: string, by: string): string {
  return `max by (${by}) (badgateway_${used}{${selector}}) / ${ofLimit(limit, selector, by)}`;
}

function forecast(used: string, limit: string, selector: string, by: string): string {
  const later = `predict_linear(badgateway_${used}{${selector}}[30m], 3600)`;
  return `clamp_min(max by (${by}) (${later}), 0) / ${ofLimit(limit, selector, by)}`;
}

function ofLimit(limit: string, selector: string, by: string): string {
  return `(max by (${by}) (badgateway_${limit}{${selector}}) > 0)`;
}
