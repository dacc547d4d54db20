import type { EndpointSlice } from '../contract/endpoint.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';

const MOST_SERVICES = 5;

interface Seen {
  readonly service: string;
  /** `namespace/name`, by the names of its pods. */
  readonly workloads: ReadonlySet<string>;
  /** Endpoints that are ready, by workload. */
  readonly ready: ReadonlyMap<string, number>;
}

/** Which Services the pods of a workload stand behind, also for pods that are no endpoints yet. */
export class ServiceWorkloads {
  readonly #slices = new Map<string, Seen>();
  #index: ReadonlyMap<string, readonly string[]> | null = null;

  set({ key, service, endpoints }: EndpointSlice): void {
    const namespace = key.slice(0, key.indexOf('/'));
    const names = endpoints.flatMap(({ podName }) => podName || []);
    const workloads = new Set(names.map((name) => `${namespace}/${workloadOfPod(name)}`));
    const ready = new Map<string, number>();
    for (const { podName, ready: isReady } of endpoints) {
      const workload = `${namespace}/${workloadOfPod(podName)}`;
      if (isReady && podName !== '') ready.set(workload, (ready.get(workload) ?? 0) + 1);
    }
    const before = this.#slices.get(key);
    // When the last pod is gone, those that cannot be started are still of the Service.
    const known = workloads.size === 0 ? (before?.workloads ?? workloads) : workloads;
    this.#slices.set(key, { service, workloads: known, ready });
    this.#index = null;
  }

  delete(key: string): void {
    this.#slices.delete(key);
    this.#index = null;
  }

  clear(): void {
    this.#slices.clear();
    this.#index = null;
  }

  /** Five at most; a workload that nobody has seen a pod of is taken for that of the Service of its name. */
  servicesOf(workload: string): readonly string[] {
    this.#index ??= this.#build();
    return this.#index.get(workload) ?? [];
  }

  /** Of all its Services, so that it says more or fewer and not how many pods. */
  readyEndpointsOf(workload: string): number {
    let count = 0;
    for (const { ready } of this.#slices.values()) count += ready.get(workload) ?? 0;
    return count;
  }

  #build(): ReadonlyMap<string, readonly string[]> {
    const index = new Map<string, string[]>();
    for (const { service, workloads } of this.#slices.values())
      for (const workload of workloads) {
        const services = index.get(workload) ?? [];
        index.set(workload, services);
        if (!services.includes(service) && services.length < MOST_SERVICES) services.push(service);
      }
    for (const { service } of this.#slices.values()) if (!index.has(service)) index.set(service, [service]);
    return index;
  }
}
