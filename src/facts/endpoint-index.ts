import type { Endpoint, EndpointSlice } from '../contract/endpoint.ts';
import type { ServicePort } from './endpoint-states.ts';
import { addTo, allOf, removeFrom, type SetIndex } from './set-index.ts';

/** An endpoint and the slice that it stands in. */
export interface LocatedEndpoint {
  readonly slice: EndpointSlice;
  readonly endpoint: Endpoint;
}

const NOWHERE: readonly LocatedEndpoint[] = [];
/** More than a slice can have: 1,000 endpoints of 100 addresses. */
const MOST_ENDPOINTS = 1 << 17;

/** All EndpointSlices that are known, by address. A change costs as much as the slice is long, whatever else is there. */
export class EndpointIndex {
  /** By key, each with its place in `#places`. */
  readonly #slices = new Map<string, number>();
  readonly #places: (EndpointSlice | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #byService: SetIndex<EndpointSlice> = new Map();
  /**
   * Place of the slice times MOST_ENDPOINTS plus position in it: a number takes no memory of its own. Mostly one: a Service
   * has an address in one slice, but for moments and for Services with several port sets.
   */
  readonly #byIp = new Map<string, number | number[]>();
  #version = 0;

  /** Another number whenever any slice has changed. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#slices.size;
  }

  keys(): Iterable<string> {
    return this.#slices.keys();
  }

  /** `key`: `namespace/name` of the slice. */
  get(key: string): EndpointSlice | undefined {
    const place = this.#slices.get(key);
    return place === undefined ? undefined : this.#places[place];
  }

  /** Takes the slice in place of an older version of it. */
  set(slice: EndpointSlice): void {
    this.delete(slice.key);
    this.#version++;
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = slice;
    this.#slices.set(slice.key, place);
    addTo(this.#byService, slice.service, slice);
    let where = place * MOST_ENDPOINTS;
    for (const { ip } of slice.endpoints) {
      const known = this.#byIp.get(ip);
      if (known === undefined) this.#byIp.set(ip, where);
      else if (typeof known === 'number') this.#byIp.set(ip, [known, where]);
      else known.push(where);
      where++;
    }
  }

  /** `key`: `namespace/name`; an unknown one is ignored. */
  delete(key: string): void {
    const place = this.#slices.get(key);
    if (place === undefined) return;
    this.#version++;
    const slice = this.#places[place]!;
    this.#slices.delete(key);
    this.#places[place] = undefined;
    this.#free.push(place);
    removeFrom(this.#byService, slice.service, slice);
    for (const { ip } of slice.endpoints) {
      const known = this.#byIp.get(ip);
      if (typeof known === 'number') {
        if (placeOf(known) === place) this.#byIp.delete(ip);
      } else if (known !== undefined) {
        const left = known.filter((where) => placeOf(where) !== place);
        if (left.length === 0) this.#byIp.delete(ip);
        else this.#byIp.set(ip, left.length === 1 ? left[0] : left);
      }
    }
  }

  /** Wherever the address is an endpoint, of any Service. */
  at(ip: string): readonly LocatedEndpoint[] {
    const known = this.#byIp.get(ip);
    if (known === undefined) return NOWHERE;
    return typeof known === 'number' ? [this.#located(known)] : this.#allLocated(known);
  }

  /** All slices of `namespace/name`. */
  slicesOf(service: string): Iterable<EndpointSlice> {
    return allOf(this.#byService, service);
  }

  /** How many addresses are ready behind this port of the Service. */
  readyOf({ service, portName }: ServicePort): number {
    let ready = 0;
    for (const { ports, endpoints } of this.slicesOf(service))
      if (ports.some(({ name }) => name === portName)) for (const one of endpoints) if (one.ready) ready++;
    return ready;
  }

  /** Whether the Service has a slice that may have such an address: one of the other family says nothing of it. */
  mayHave(service: string, ip: string): boolean {
    const wanted = ip.includes(':') ? 'IPv6' : 'IPv4';
    let isAny = false;
    for (const { addressType = wanted } of this.slicesOf(service)) {
      if (addressType === wanted) return true;
      isAny = true;
    }
    return !isAny;
  }

  #allLocated(places: readonly number[]): LocatedEndpoint[] {
    return places.map((where) => this.#located(where));
  }

  #located(where: number): LocatedEndpoint {
    const slice = this.#places[placeOf(where)]!;
    return { slice, endpoint: slice.endpoints[where % MOST_ENDPOINTS] };
  }
}

function placeOf(where: number): number {
  return Math.floor(where / MOST_ENDPOINTS);
}

/** The last answer: several memories ask for the pod behind one failure. */
let lastEndpoint: Endpoint | undefined;
let lastPod = '';

/** `namespace/name`: a pod is in the namespace of its slice. */
export function podOf({ slice, endpoint }: LocatedEndpoint): string {
  if (endpoint !== lastEndpoint) {
    lastPod = `${slice.key.slice(0, slice.key.indexOf('/'))}/${endpoint.podName}`;
    lastEndpoint = endpoint;
  }
  return lastPod;
}
