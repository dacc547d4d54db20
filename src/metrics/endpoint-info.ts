import type { EndpointSlice } from '../contract/endpoint.ts';
import { counter, gauge, type Labels, type MetricTable, type Writers } from '../contract/metrics.ts';
import type { ClusterState } from '../facts/cluster-state.ts';
import type { TrackedUpstream } from '../facts/tracked-upstream.ts';

const LABELS = [
  'upstream_namespace',
  'upstream_service',
  'upstream_port',
  'endpoint_namespace',
  'endpoint_pod',
] as const;

export const ENDPOINT_INFO_METRICS = {
  info: gauge(
    'badgateway_upstream_endpoint_info',
    'Pods behind the Services that gateways of this exporter have as upstreams; always 1. The key by which rules join what other nodes say of these pods.',
    LABELS,
  ),
  skipped: counter(
    'badgateway_upstream_endpoint_info_skipped_total',
    'Pods that a rebuilt badgateway_upstream_endpoint_info left out because there were too many: failures of their Services are not refined across nodes.',
    [],
  ),
} as const satisfies MetricTable;

const MOST_PODS = 2_000;

/** One series for each pod behind an upstream: rebuilt when slices or the Services of upstreams have changed. */
export class EndpointInfoSeries {
  readonly #writers: Writers<typeof ENDPOINT_INFO_METRICS>;
  readonly #cluster: ClusterState;
  readonly #most: number;
  #isDirty = true;
  #services = '';

  constructor(writers: Writers<typeof ENDPOINT_INFO_METRICS>, cluster: ClusterState, most = MOST_PODS) {
    this.#writers = writers;
    this.#cluster = cluster;
    this.#most = most;
    writers.skipped.inc({}, 0);
    cluster.listen({
      slice: () => {
        this.#isDirty = true;
      },
    });
  }

  publish(upstreams: readonly TrackedUpstream[]): void {
    const services = servicesOf(upstreams);
    const key = [...services.keys()].join('\n');
    if (!this.#isDirty && key === this.#services) return;
    this.#isDirty = false;
    this.#services = key;
    const { info, skipped } = this.#writers;
    info.reset();
    let count = 0;
    for (const { service, portName, portNumber } of services.values()) {
      for (const slice of this.#cluster.index.slicesOf(service)) {
        if (!slice.ports.some(({ name }) => name === portName)) continue;
        for (const labels of podsOf(slice, service, portNumber)) {
          count++;
          if (count <= this.#most) info.set(labels, 1);
        }
      }
    }
    if (count > this.#most) skipped.inc({}, count - this.#most);
  }
}

interface ServedPort {
  readonly service: string;
  readonly portName: string;
  readonly portNumber: string;
}

/** Each Service's port once, however many upstreams stand for it. */
function servicesOf(upstreams: readonly TrackedUpstream[]): Map<string, ServedPort> {
  const found = new Map<string, ServedPort>();
  for (const { mapped } of upstreams) {
    if (mapped.service === null) continue;
    const { service, portName } = mapped.service;
    const { portNumber } = mapped;
    found.set(`${service} ${portName} ${portNumber}`, { service, portName, portNumber });
  }
  return found;
}

function podsOf({ endpoints }: EndpointSlice, service: string, portNumber: string): Labels<typeof LABELS>[] {
  const [namespace, name] = service.split('/');
  return endpoints
    .filter(({ podName }) => podName !== '')
    .map(({ podName }) => ({
      upstream_namespace: namespace,
      upstream_service: name,
      upstream_port: portNumber,
      // A pod is in the namespace of its slice, and that in its Service's.
      endpoint_namespace: namespace,
      endpoint_pod: podName,
    }));
}
