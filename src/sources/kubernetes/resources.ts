import type { ClusterResource } from '../../contract/cluster.ts';

/** What is watched beside the endpoints when it is switched on: it explains, and no verdict rests on it. */
export const CONTEXT_RESOURCES = ['horizontalpodautoscalers', 'events'] as const;
export type ContextResource = (typeof CONTEXT_RESOURCES)[number];

/** What may be read at all. Nothing else can be asked for. */
export type ApiResource = ClusterResource | ContextResource;

/** Group ('' for the core) and version of each. */
const APIS: Readonly<Record<ApiResource, readonly [group: string, version: string]>> = {
  endpointslices: ['discovery.k8s.io', 'v1'],
  services: ['', 'v1'],
  pods: ['', 'v1'],
  horizontalpodautoscalers: ['autoscaling', 'v2'],
  events: ['', 'v1'],
};

/** Name of the API group as a Role has it. */
export function groupOf(resource: ApiResource): string {
  return APIS[resource][0];
}

/** Path below which namespaces stand. */
export function rootOf(resource: ApiResource): string {
  const [group, version] = APIS[resource];
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

export function isContext(resource: ApiResource): resource is ContextResource {
  return (CONTEXT_RESOURCES as readonly string[]).includes(resource);
}
