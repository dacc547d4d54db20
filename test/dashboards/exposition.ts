import { FOREIGN_METRICS, OWN_METRICS } from '../alerts/known-metrics.ts';

/** One value for each label, several where queries tell them apart. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  namespace: ['shop'],
  pod: ['edge-0'],
  // Those of others have the first only, so that what stands in for them has something to say of the second.
  container: ['nginx', 'envoy'],
  workload: ['edge'],
  gateway: ['edge'],
  proxy: ['envoy', 'nginx'],
  cause: ['connect_timeout', 'unidentified'],
  code: ['2xx', '502'],
  status: ['502'],
  upstream: ['cart', ''],
  priority: ['default'],
  breaker: ['rq'],
  netns: ['host', 'pod'],
  scope: ['none', 'loopback'],
  name: ['net.core.somaxconn'],
  kind: ['some', 'endpoints_only'],
  condition: ['config_invalid'],
  symptom: ['connect_refused'],
  // The backend's, and one whose network is seen.
  endpoint_namespace: ['ok', 'shop'],
  endpoint_pod: ['ok', 'edge-0'],
  collector: ['envoy'],
  le: ['1', '+Inf'],
  bound: ['least', 'most'],
  connection: ['new', 'reused'],
};
const STATES: Readonly<Record<string, readonly string[]>> = {
  badgateway_envoy_cluster_members: ['total', 'healthy'],
  badgateway_nginx_connections: ['active'],
  badgateway_workers: ['running', 'shutting_down'],
  badgateway_conntrack_tcp_timeout_seconds: ['established', 'close_wait'],
  badgateway_upstream_endpoints: ['live', 'terminating', 'stale', 'missing', 'unknown'],
  badgateway_autoscaler_replicas: ['current', 'desired', 'max'],
  badgateway_upstream_sockets: ['active', 'time_wait'],
};

function labelSets(metric: string, names: readonly string[], most = Infinity): string[] {
  return names.reduce<string[]>(
    (sets, name) => {
      const values = (name === 'state' ? STATES[metric] : undefined) ?? VALUES[name] ?? ['ok'];
      return sets.flatMap((set) => values.slice(0, most).map((value) => `${set}${set && ','}${name}="${value}"`));
    },
    [''],
  );
}

/** Counters of others, with and without the ending; and what changes when we start. */
const GROWS = /_total$|_sum$|_count$|^nginx_ingress_controller_(success|errors|requests)$|^process_start_time_seconds$/;

/** Every metric that badgateway declares, and the foreign ones, growing with every scrape. */
export function exposition(scrape: number): string {
  const foreign = [...FOREIGN_METRICS].filter(([name]) => name !== 'up' && name !== 'ALERTS');
  const families = [
    ...[...OWN_METRICS.values()].map(({ name, type, labels }) => ({ name, type, labels, most: Infinity })),
    ...foreign.map(([name, labels]) => ({
      name,
      type: 'gauge',
      labels: labels.filter((label) => label !== 'name' && label !== 'id' && label !== 'uid'),
      most: 1,
    })),
  ];
  return families
    .flatMap(({ name, type, labels, most }) => {
      const grows = type === 'counter' || GROWS.test(name);
      return labelSets(name, labels, most).map((set) => `${name}{${set}} ${grows ? scrape * 3 : 1}\n`);
    })
    .join('');
}
