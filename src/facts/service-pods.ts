import type { Pod, ServicePodSink, ServicePods } from '../contract/cluster.ts';

/** They are listed twice a minute while there is trouble; what is older says nothing. */
const KEPT_MS = 90_000;

/** The pods of Services that have trouble, as they were last listed. */
export class ServicePodMemory implements ServicePodSink {
  readonly #lists = new Map<string, ServicePods>();

  listed(pods: ServicePods): void {
    this.#lists.set(pods.service, pods);
  }

  forget(service: string): void {
    this.#lists.delete(service);
  }

  /** Undefined: not asked for, or too long ago. */
  of(service: string, nowMs: number): ServicePods | undefined {
    const list = this.#lists.get(service);
    return list !== undefined && Math.abs(nowMs - list.atMs) <= KEPT_MS ? list : undefined;
  }

  /** `key`: `namespace/name` of a pod. */
  pod(service: string, key: string, nowMs: number): Pod | undefined {
    return this.of(service, nowMs)?.pods.find((pod) => pod.key === key);
  }
}
