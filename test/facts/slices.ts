import type { Endpoint, EndpointSlice } from '../../src/contract/endpoint.ts';

/** An endpoint of a pod, ready unless said otherwise. */
export function endpoint(ip: string, more: Partial<Endpoint> = {}): Endpoint {
  return { ip, ready: true, serving: true, terminating: false, podUid: `uid-${ip}`, podName: '', ...more };
}

/** A slice of shop/cart with the port http = 8080 unless said otherwise. */
export function slice(key: string, endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return { key: `shop/${key}`, service: 'shop/cart', ports: [{ name: 'http', number: 8080 }], endpoints, ...more };
}
