import type { WantedServices } from '../contract/cluster.ts';
import { CONTROLLER_LABEL, CONTROLLERS } from '../parse/service.ts';
import type { Selection } from '../sources/kubernetes/list.ts';
import type { ApiResource } from '../sources/kubernetes/resources.ts';

/** Up to here a watch per namespace, for which Roles are enough; beyond, one over all. */
const MOST_NAMESPACES = 5;
/** A URL that every proxy on the way takes; with more names everything comes and is filtered here. */
const LONGEST_SELECTOR = 4000;
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const NODE_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** What is kept of what a watch brings; an empty list lets everything through. */
export interface Filter {
  readonly namespaces: readonly string[];
  /** Of Services. */
  readonly names: readonly string[];
}

export interface PlannedWatch {
  /** The same for the same watch. */
  readonly id: string;
  readonly selection: Selection;
  readonly filter: Filter;
}

export interface PlanInput {
  readonly wanted: WantedServices;
  /** Configured ones; they take the place of those that upstream names tell. */
  readonly namespaces: readonly string[];
  /** Where an upstream without a telling name is looked for; '' when unknown. */
  readonly ownNamespace: string;
  /** '' for no pods. */
  readonly podsOfNode: string;
  /** Also while nothing else is wanted. */
  readonly arePodsAlways?: boolean;
  /** Where Services of controllers are looked for by their label; '' or absent for nowhere. */
  readonly controllersNamespace?: string;
  /** What explains, where it is switched on. */
  readonly context?: {
    readonly autoscalers: boolean;
    readonly events: boolean;
    /** Of gateways, whose pods have events too. */
    readonly gatewayNamespaces: readonly string[];
  };
}

export const CONTROLLER_SELECTOR = `${CONTROLLER_LABEL} in (${[...CONTROLLERS].join(',')})`;
const ALL: Filter = { namespaces: [], names: [] };

export function isAnythingWanted({ namespaces, names, hasUnnamed }: WantedServices): boolean {
  return namespaces.length > 0 || names.length > 0 || hasUnnamed;
}

/** The narrowest watches that cover what is wanted; none when nothing is, but for pods where they always are. */
export function planWatches(input: PlanInput): PlannedWatch[] {
  const pods = podWatches(input);
  const least = input.arePodsAlways === true ? pods : [];
  if (!isAnythingWanted(input.wanted)) return least;
  const scopes = scopesOf(input);
  const watches = scopes.flatMap(({ namespace, filter }) => [
    planned('endpointslices', namespace, { filter, labelSelector: serviceSelector(filter.names) }),
    planned('services', namespace, { filter }),
  ]);
  if (watches.length === 0) return least;
  return [...watches, ...controllerWatches(input, scopes), ...pods, ...contextWatches(input, scopes)];
}

/** Slices without a selector: they have the labels of the Service where the control plane of the cluster copies them. */
function controllerWatches({ controllersNamespace: namespace = '' }: PlanInput, scopes: readonly Scope[]) {
  if (!DNS_LABEL.test(namespace)) return [];
  const isCovered = scopes.some((scope) => scope.namespace === namespace);
  const labelled = planned('services', namespace, { labelSelector: CONTROLLER_SELECTOR });
  return isCovered ? [labelled] : [planned('endpointslices', namespace, {}), labelled];
}

/** In the namespaces of the Services; one watch over all takes the place of those in single ones. */
function contextWatches({ context, namespaces }: PlanInput, scopes: readonly Scope[]): PlannedWatch[] {
  if (context === undefined) return [];
  const own = scopes.map(({ namespace }) => namespace);
  const of = (namespaces: readonly string[]) => (namespaces.includes('') ? [''] : [...new Set(namespaces)].sort());
  // Configured ones may be all that we have rights for.
  const gateways = namespaces.length > 0 ? [] : valid(context.gatewayNamespaces);
  const areMany = new Set([...own, ...gateways]).size > MOST_NAMESPACES;
  const withGateways = areMany && !own.includes('') ? own : [...own, ...gateways];
  return [
    ...(context.autoscalers ? of(own) : []).map((namespace) => planned('horizontalpodautoscalers', namespace, {})),
    ...(context.events ? of(withGateways) : []).map((namespace) =>
      planned('events', namespace, { fieldSelector: 'type=Warning' }),
    ),
  ];
}

interface Scope {
  /** '' for all. */
  readonly namespace: string;
  readonly filter: Filter;
}

function scopesOf({ wanted, namespaces: configured, ownNamespace }: PlanInput): Scope[] {
  const namespaces = valid(configured.length > 0 ? configured : wanted.namespaces);
  const names = valid(wanted.names);
  if (namespaces.length > 0 && namespaces.length <= MOST_NAMESPACES) {
    return namespaces.map((namespace) => ({ namespace, filter: ALL }));
  }
  const isWide = namespaces.length > 0 || names.length > 0;
  const wide = isWide ? [{ namespace: '', filter: { namespaces, names } }] : [];
  const own = wanted.hasUnnamed && DNS_LABEL.test(ownNamespace) ? [{ namespace: ownNamespace, filter: ALL }] : [];
  return [...wide, ...own];
}

function podWatches({ podsOfNode, namespaces }: PlanInput): PlannedWatch[] {
  if (!NODE_NAME.test(podsOfNode)) return [];
  const fieldSelector = `spec.nodeName=${podsOfNode}`;
  const isNarrow = namespaces.length > 0 && namespaces.length <= MOST_NAMESPACES;
  return (isNarrow ? valid(namespaces) : ['']).map((namespace) => planned('pods', namespace, { fieldSelector }));
}

interface Parts {
  readonly filter?: Filter;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

function planned(resource: ApiResource, namespace: string, parts: Parts): PlannedWatch {
  const { filter = ALL, labelSelector = '', fieldSelector = '' } = parts;
  const selection = { resource, namespace, labelSelector, fieldSelector };
  return { id: JSON.stringify([selection, filter]), selection, filter };
}

function serviceSelector(names: readonly string[]): string {
  const selector = `kubernetes.io/service-name in (${names.join(',')})`;
  return names.length === 0 || selector.length > LONGEST_SELECTOR ? '' : selector;
}

/** Names come from the configuration of proxies; what can be no name of a Service or namespace is none. */
function valid(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => DNS_LABEL.test(name)).sort();
}
