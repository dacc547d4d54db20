/** Objects of a cluster as the fake API server (a fake, see docs/testing-kubernetes.md) holds them. */
import type { Endpoint, EndpointPort, EndpointSlice, KubernetesObject } from '../kubernetes/objects.ts';
import { endpointSlice, service } from '../kubernetes/objects.ts';

export const NAMESPACE = 'shop';

export function readyPod(ip: string): Endpoint {
  const targetRef = { kind: 'Pod', namespace: NAMESPACE, name: `pod-${ip}`, uid: `uid-${ip}` };
  return { addresses: [ip], conditions: { ready: true, serving: true, terminating: false }, targetRef };
}

export function terminatingPod(ip: string): Endpoint {
  return { ...readyPod(ip), conditions: { ready: false, serving: true, terminating: true } };
}

export const unreadyPod = (ip: string): Endpoint => ({
  ...readyPod(ip),
  conditions: { ready: false, serving: false, terminating: false },
});

export function sliceOf(name: string, endpoints: readonly Endpoint[], ports?: readonly EndpointPort[]): EndpointSlice {
  return endpointSlice({ name, namespace: NAMESPACE, endpoints, ...(ports ? { ports } : {}) });
}

let made = 0;
export function serviceOf(name: string, spec: Parameters<typeof service>[0]['spec'] = {}): KubernetesObject {
  const clusterIP = `10.96.7.${++made}`;
  return service({ name, namespace: NAMESPACE, spec: { clusterIP, clusterIPs: [clusterIP], ...spec } });
}
