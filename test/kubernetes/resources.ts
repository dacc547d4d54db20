/** The resources of the fake API server and how a request's path and method name them. */
import type { IncomingMessage } from 'node:http';
import type { KubernetesObject } from './objects.ts';

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Besides metadata.name and metadata.namespace, which every resource knows. */
  readonly fieldLabels: readonly string[];
  /** What stands beside metadata in a bookmark: the zero value of the Go type. */
  readonly zero: object;
  /** Deleted with a grace period, if one is given. */
  readonly graceful: boolean;
}

export const ENDPOINT_SLICES: ResourceType = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  fieldLabels: [],
  zero: { addressType: '', endpoints: null, ports: null },
  graceful: false,
};

export const SERVICES: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'services',
  kind: 'Service',
  namespaced: true,
  fieldLabels: ['spec.clusterIP', 'spec.type'],
  zero: { spec: {}, status: { loadBalancer: {} } },
  graceful: false,
};

export const PODS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
  fieldLabels: ['spec.nodeName', 'status.podIP', 'status.phase', 'spec.hostNetwork'],
  zero: { spec: { containers: null }, status: {} },
  graceful: true,
};

export const AUTOSCALERS: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  fieldLabels: [],
  zero: {
    spec: { scaleTargetRef: { kind: '', name: '' }, maxReplicas: 0 },
    status: { desiredReplicas: 0, currentMetrics: null },
  },
  graceful: false,
};

export const EVENTS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
  fieldLabels: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (field) => `involvedObject.${field}`,
    ),
    ...['reason', 'reportingComponent', 'source', 'type'],
  ],
  zero: {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
  graceful: false,
};

export const DEFAULT_RESOURCES: readonly ResourceType[] = [ENDPOINT_SLICES, SERVICES, PODS, AUTOSCALERS, EVENTS];

export const apiVersionOf = ({ group, version }: ResourceType): string =>
  group === '' ? version : `${group}/${version}`;

export const collectionPath = (type: ResourceType, namespace?: string): string =>
  `${type.group === '' ? '/api' : '/apis'}/${apiVersionOf(type)}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${type.plural}`;

export function typeOf(types: readonly ResourceType[], object: KubernetesObject): ResourceType {
  const type = types.find(({ kind }) => kind === object.kind && apiVersionOf(find(types, kind)) === object.apiVersion);
  if (type === undefined) throw new Error(`the fake API server has no resource ${object.apiVersion} ${object.kind}`);
  return type;
}

const find = (types: readonly ResourceType[], kind: string) => types.find((type) => type.kind === kind)!;

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete' | 'other';

/** A request in the API server's own terms (RequestInfo). */
export interface RequestInfo {
  readonly verb: Verb;
  /** Plural name; '' for a path that is no resource. */
  readonly resource: string;
  readonly type: ResourceType | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
}

const WRITES: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', DELETE: 'delete' };

export function requestInfo(types: readonly ResourceType[], request: IncomingMessage): RequestInfo {
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'https://fake');
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
  const [, group = '', version, namespace, plural = '', name, subresource] = match ?? [];
  const type = types.find((each) => each.group === group && each.version === version && each.plural === plural);
  const watching = ['true', '1'].includes(query.get('watch') ?? '');
  const read = name !== undefined ? 'get' : watching ? 'watch' : 'list';
  const verb = request.method === 'GET' ? read : (WRITES[request.method ?? ''] ?? 'other');
  return { verb, resource: match ? plural : '', type, namespace, name, subresource, path, query };
}
