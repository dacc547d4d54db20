import type { Service } from '../contract/cluster.ts';
import type { ServicePort, SocketAddress } from './endpoint-states.ts';

const MOST_REMEMBERED = 1_000;

/** What is asked of the cluster. */
export interface PresentServices {
  service(key: string): Service | undefined;
}

/** Addresses that Services had as their own and have no more: whoever resolved a name once may still use them. */
export class FormerClusterIps {
  readonly #present: PresentServices;
  /** `namespace/name` of the last that had it; the oldest first. */
  readonly #owners = new Map<string, string>();
  #version = 0;

  constructor(present: PresentServices) {
    this.#present = present;
  }

  /** Another number whenever an answer may be another. */
  get version(): number {
    return this.#version;
  }

  /** Null: the Service was not there before, or is gone. */
  changed(before: Service | null, after: Service | null): void {
    this.#version++;
    for (const ip of before?.clusterIps ?? []) {
      this.#owners.delete(ip);
      this.#owners.set(ip, before!.key);
    }
    for (const ip of after?.clusterIps ?? []) this.#owners.delete(ip);
    for (const oldest of this.#owners.keys()) {
      if (this.#owners.size <= MOST_REMEMBERED) return;
      this.#owners.delete(oldest);
    }
  }

  /** The Service that this led to, when it is there at another address; null: none, or it may only be wanted no more. */
  ownerOf({ ip, port }: SocketAddress): ServicePort | null {
    const key = this.#owners.get(ip);
    const service = key === undefined ? undefined : this.#present.service(key);
    if (service === undefined || service.externalName !== '') return null;
    const found = service.ports.find((known) => known.port === port);
    return found === undefined ? null : { service: service.key, portName: found.name };
  }
}
