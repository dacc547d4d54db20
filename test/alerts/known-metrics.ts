import { metricGroups } from '../../scripts/pages.ts';
import type { Declaration } from '../../src/contract/metrics.ts';

/** A name that can be asked for. */
export interface KnownMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
}

/** A histogram is asked for by its three counters. */
function namesOf({ name, type, labels }: Declaration): KnownMetric[] {
  if (type !== 'histogram') return [{ name, type, labels }];
  return [
    { name: `${name}_bucket`, type: 'counter', labels: [...labels, 'le'] },
    { name: `${name}_sum`, type: 'counter', labels },
    { name: `${name}_count`, type: 'counter', labels },
  ];
}

/** Every metric that badgateway declares, by name. */
export const OWN_METRICS: ReadonlyMap<string, KnownMetric> = new Map(
  metricGroups()
    .flatMap(({ metrics }) => Object.values(metrics))
    .flatMap(namesOf)
    .map((metric) => [metric.name, metric]),
);

/** Labels that the scrape, the relabelling or external_labels add to every series. */
export const TARGET_LABELS: readonly string[] = ['cluster', 'node', 'instance', 'job'];

const INGRESS_NGINX = ['controller_namespace', 'controller_class', 'controller_pod'];

/** Metrics of others that rules and panels may use, with the labels that they have. */
export const FOREIGN_METRICS: ReadonlyMap<string, readonly string[]> = new Map([
  ['up', ['job', 'instance', 'node']],
  ['ALERTS', ['alertname', 'alertstate', 'severity', 'component', 'kind', 'namespace', 'gateway']],
  // kube-state-metrics
  ['kube_node_info', ['node']],
  ['kube_pod_container_status_restarts_total', ['namespace', 'pod', 'container', 'uid']],
  ['kube_pod_container_status_waiting_reason', ['namespace', 'pod', 'container', 'uid', 'reason']],
  ['kube_pod_container_status_last_terminated_reason', ['namespace', 'pod', 'container', 'uid', 'reason']],
  // cAdvisor, by the kubelet (namespace, pod, container) or alone (name)
  ['container_memory_working_set_bytes', ['namespace', 'pod', 'container', 'name', 'id']],
  ['container_spec_memory_limit_bytes', ['namespace', 'pod', 'container', 'name', 'id']],
  ['container_start_time_seconds', ['namespace', 'pod', 'container', 'name', 'id']],
  ['container_oom_events_total', ['namespace', 'pod', 'container', 'name', 'id']],
  // ingress-nginx
  ['nginx_ingress_controller_requests', ['controller_namespace', 'controller_class', 'namespace', 'ingress', 'status']],
  ['nginx_ingress_controller_success', INGRESS_NGINX],
  ['nginx_ingress_controller_errors', INGRESS_NGINX],
  ['nginx_ingress_controller_config_last_reload_successful', INGRESS_NGINX],
  // F5 NGINX Ingress Controller; namespace and pod are the scrape's
  ['nginx_ingress_controller_nginx_reloads_total', ['class', 'reason', 'namespace', 'pod']],
  ['nginx_ingress_controller_nginx_reload_errors_total', ['class', 'namespace', 'pod']],
  ['nginx_ingress_controller_nginx_last_reload_status', ['class', 'namespace', 'pod']],
  // NGINX Gateway Fabric: 1 alone, then both
  ['nginx_gateway_fabric_nginx_reloads_total', ['class', 'namespace', 'pod']],
  ['nginx_gateway_fabric_nginx_reload_errors_total', ['class', 'namespace', 'pod']],
  ['nginx_gateway_fabric_nginx_stale_config', ['class', 'namespace', 'pod']],
  ['nginx_gateway_fabric_event_batch_processing_milliseconds_sum', ['class', 'namespace', 'pod']],
  ['nginx_gateway_fabric_event_batch_processing_milliseconds_count', ['class', 'namespace', 'pod']],
  // prom-client's process metrics of badgateway itself
  ['process_resident_memory_bytes', []],
  ['process_cpu_seconds_total', []],
  ['process_start_time_seconds', []],
  // of badgateway itself, and of backends on Node.js where Prometheus scrapes them by pod
  ['nodejs_eventloop_lag_p99_seconds', ['namespace', 'pod']],
  ['nodejs_eventloop_lag_max_seconds', []],
]);
