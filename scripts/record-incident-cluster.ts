import type { ShopPod } from './record-incident-pod.ts';

const NAMESPACE = 'shop';
type Condition = 'ready' | 'unready' | 'terminating';

/**
 * Says what an API server would say of the shop. There is none: this is written by hand, after what kubelet and the controller of EndpointSlices
 * do (docs/demo.md, "What is not recorded").
 */
export class WrittenCluster {
  readonly #pods = new Map<ShopPod, Condition>();
  readonly #services: readonly string[];
  #changed: () => void = () => {};

  constructor(services: readonly string[]) {
    this.#services = services;
  }

  /** Called after every change. */
  listen(changed: () => void): void {
    this.#changed = changed;
  }

  say(pod: ShopPod, condition: Condition): void {
    this.#pods.set(pod, condition);
    this.#changed();
  }

  delete(pod: ShopPod): void {
    this.#pods.delete(pod);
    this.#changed();
  }

  /** As `kubectl get endpointslices,services -A -o json` writes it. */
  text(): string {
    const items = this.#services.flatMap((service, at) => [serviceOf(service, at), this.#sliceOf(service)]);
    return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 1)}\n`;
  }

  #sliceOf(service: string): object {
    const own = [...this.#pods].filter(([{ spec }]) => spec.service === service);
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${service}-h7x2k`,
        namespace: NAMESPACE,
        labels: { 'kubernetes.io/service-name': service },
      },
      addressType: 'IPv4',
      endpoints: own.map(([{ spec, uid }, condition]) => ({
        addresses: [spec.ip],
        conditions: {
          ready: condition === 'ready',
          serving: condition === 'ready',
          terminating: condition === 'terminating',
        },
        nodeName: 'node-1',
        targetRef: { kind: 'Pod', namespace: NAMESPACE, name: spec.name, uid },
      })),
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    };
  }
}

function serviceOf(name: string, at: number): object {
  const clusterIP = `10.96.1.${at + 1}`;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...{ type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], selector: { app: name } },
      ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  };
}

/** kubelet's directory of the pod's logs, which names the pod of a cgroup. */
export function logDirectoryOf({ spec, uid }: ShopPod): string {
  return `var/log/pods/${NAMESPACE}_${spec.name}_${uid}`;
}
