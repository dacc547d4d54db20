/** Builders for the objects that the fake API server (a fake, see docs/testing-kubernetes.md) stores and sends. */

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  managedFields?: object[];
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null };
  targetRef?: { kind: string; namespace: string; name: string; uid?: string };
  nodeName?: string;
  zone?: string;
}

export interface EndpointPort {
  name?: string | null;
  port?: number | null;
  protocol?: string;
  appProtocol?: string;
}

export interface EndpointSlice extends KubernetesObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints: Endpoint[] | null;
  ports: EndpointPort[] | null;
}

export interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  protocol?: string;
}

export interface Service extends KubernetesObject {
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    clusterIP?: string;
    clusterIPs?: string[];
    externalName?: string;
    ports?: ServicePort[];
    selector?: Record<string, string>;
    publishNotReadyAddresses?: boolean;
  };
  status: object;
}

export interface ContainerStatus {
  name: string;
  restartCount: number;
  ready: boolean;
  state?: object;
  lastState?: object;
  containerID?: string;
}

export interface Pod extends KubernetesObject {
  spec: { nodeName?: string; hostNetwork?: boolean; containers: object[] };
  status: {
    phase?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    hostIP?: string;
    conditions?: object[];
    containerStatuses?: ContainerStatus[];
  };
}

interface Named {
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Record<string, string>;
}

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** `cart-abc12` of Service `cart` unless `service` says otherwise; `addresses` are ready endpoints. */
export function endpointSlice(
  options: Named & {
    readonly service?: string;
    readonly addressType?: EndpointSlice['addressType'];
    readonly addresses?: readonly string[];
    readonly endpoints?: readonly Endpoint[];
    readonly ports?: readonly EndpointPort[];
  },
): EndpointSlice {
  const { name, namespace = 'shop', service = name.replace(/-[^-]*$/, '') } = options;
  const ready = { ready: true, serving: true, terminating: false };
  const fromAddresses = (options.addresses ?? []).map((address) => ({ addresses: [address], conditions: ready }));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: {
        [SERVICE_NAME_LABEL]: service,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        ...options.labels,
      },
    },
    addressType: options.addressType ?? 'IPv4',
    endpoints: [...fromAddresses, ...(options.endpoints ?? [])],
    ports: [...(options.ports ?? [{ name: 'http', port: 8080, protocol: 'TCP' }])],
  };
}

export function service(options: Named & { readonly spec?: Service['spec'] }): Service {
  const { name, namespace = 'shop', labels = {} } = options;
  const ports = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: { type: 'ClusterIP', clusterIP: '10.96.3.4', clusterIPs: ['10.96.3.4'], ports, ...options.spec },
    status: { loadBalancer: {} },
  };
}

export function pod(
  options: Named & { readonly nodeName?: string; readonly podIP?: string; readonly status?: Pod['status'] },
): Pod {
  const { name, namespace = 'shop', labels = {}, nodeName, podIP } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      // An environment value, as real pods have them: what must never be cached nor logged.
      containers: [{ name: 'app', image: 'registry.example/app:1', env: [{ name: 'SECRET', value: 'env-value' }] }],
    },
    status: {
      phase: podIP === undefined ? 'Pending' : 'Running',
      ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
      ...options.status,
    },
  };
}

/** Slices as big as the endpoint slice controller makes them: for lists that must not be parsed in one go. */
export function manySlices(slices: number, endpointsPerSlice: number): EndpointSlice[] {
  return Array.from({ length: slices }, (_, index) => {
    const addresses = Array.from({ length: endpointsPerSlice }, (_, endpoint) => {
      const number = index * endpointsPerSlice + endpoint;
      return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    });
    return endpointSlice({ name: `svc-${Math.floor(index / 4)}-${String(index).padStart(5, '0')}`, addresses });
  });
}

/** What an API server adds for server-side apply: often half of the bytes, and of no use to a reader. */
export function withManagedFields<T extends KubernetesObject>(object: T): T {
  const fieldsV1 = { 'f:endpoints': {}, 'f:metadata': { 'f:labels': { '.': {}, [`f:${SERVICE_NAME_LABEL}`]: {} } } };
  const entry = { manager: 'kube-controller-manager', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1 };
  return { ...object, metadata: { ...object.metadata, managedFields: [entry] } };
}
