import type { Endpoint, EndpointSlice } from '../contract/endpoint.ts';

/** An endpoint and the slice that it stands in. */
export interface LocatedEndpoint {
  readonly slice: EndpointSlice;
  readonly endpoint: Endpoint;
}

const NOWHERE: readonly LocatedEndpoint[] = [];

/** All EndpointSlices that are known, by address. A change costs as much as the slice is long, whatever else is there. */
export class EndpointIndex {
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #byService = new Map<string, Set<EndpointSlice>>();
  /** Mostly one: a Service has an address in one slice, but for moments and for Services with several port sets. */
  readonly #byIp = new Map<string, LocatedEndpoint | LocatedEndpoint[]>();

  get size(): number {
    return this.#slices.size;
  }

  keys(): Iterable<string> {
    return this.#slices.keys();
  }

  /** `key`: `namespace/name` of the slice. */
  get(key: string): EndpointSlice | undefined {
    return this.#slices.get(key);
  }

  /** Takes the slice in place of an older version of it. */
  set(slice: EndpointSlice): void {
    this.delete(slice.key);
    this.#slices.set(slice.key, slice);
    const slices = this.#byService.get(slice.service);
    if (slices) slices.add(slice);
    else this.#byService.set(slice.service, new Set([slice]));
    for (const endpoint of slice.endpoints) {
      const known = this.#byIp.get(endpoint.ip);
      const located = { slice, endpoint };
      if (known === undefined) this.#byIp.set(endpoint.ip, located);
      else if (Array.isArray(known)) known.push(located);
      else this.#byIp.set(endpoint.ip, [known, located]);
    }
  }

  /** `key`: `namespace/name`; an unknown one is ignored. */
  delete(key: string): void {
    const slice = this.#slices.get(key);
    if (!slice) return;
    this.#slices.delete(key);
    const slices = this.#byService.get(slice.service);
    slices?.delete(slice);
    if (slices?.size === 0) this.#byService.delete(slice.service);
    for (const { ip } of slice.endpoints) {
      const left = this.at(ip).filter((located) => located.slice !== slice);
      if (left.length === 0) this.#byIp.delete(ip);
      else this.#byIp.set(ip, left.length === 1 ? left[0] : left);
    }
  }

  /** Wherever the address is an endpoint, of any Service. */
  at(ip: string): readonly LocatedEndpoint[] {
    const located = this.#byIp.get(ip);
    if (located === undefined) return NOWHERE;
    return Array.isArray(located) ? located : [located];
  }

  /** All slices of `namespace/name`. */
  slicesOf(service: string): Iterable<EndpointSlice> {
    return this.#byService.get(service) ?? [];
  }
}
