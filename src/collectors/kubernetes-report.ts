import type { Outcome, Target } from '../contract/unit.ts';
import type { Selection } from '../sources/kubernetes/list.ts';
import { type ApiResource, groupOf, isContext } from '../sources/kubernetes/resources.ts';
import type { WatchState } from './kubernetes-watches.ts';

/** So long a watch may be without connection before the collector counts as failed. */
const TOLERATED_MS = 60_000;
/** What the watches amount to. Throws when the API server cannot be reached and what is known grows old. */
export function outcomeOf(states: readonly WatchState[], nowMs: number): Outcome {
  const denied = states.filter(isForbidden);
  const needed = denied.filter(({ watch }) => !isOptional(watch.selection));
  if (needed.length > 0) return { state: 'not_permitted', detail: rightsOf(needed) };
  const failed = states.find(
    (state) => !isContext(state.watch.selection.resource) && !isForbidden(state) && hasFailed(state, nowMs),
  );
  if (failed) throw new Error(`${describe(failed.watch.selection)}: ${failed.problem?.message}`);
  const counts = (resource: ApiResource) =>
    states.reduce((sum, { watch, objects }) => sum + (watch.selection.resource === resource ? objects : 0), 0);
  const sentences = [
    `${states.length} watches: ${counts('endpointslices')} EndpointSlices, ${counts('services')} Services, ${counts('pods')} pods`,
  ];
  const pending = states.filter(({ isSynced }) => !isSynced).length;
  if (pending > denied.length) sentences.push(`${pending - denied.length} not read yet`);
  for (const context of ['horizontalpodautoscalers', 'events'] as const) {
    if (states.some(({ watch }) => watch.selection.resource === context))
      sentences.push(`${counts(context)} ${context}`);
  }
  if (denied.length > 0) sentences.push(`${rightsOf(denied)}, or set ${switchesOf(denied)}`);
  return { state: 'ok', detail: sentences.join('; ') };
}

export function targetsOf(states: readonly WatchState[], nowMs: number): Target[] {
  return states.map((state) => {
    const { watch, problem, objects, isSynced } = state;
    const name = describe(watch.selection);
    if (isForbidden(state)) return { name, state: 'not_permitted', detail: rightsOf([state]) };
    if (problem !== null) return { name, state: hasFailed(state, nowMs) ? 'failed' : 'ok', detail: problem.message };
    return { name, state: 'ok', detail: isSynced ? `${objects} objects` : 'being read' };
  });
}

/** What is done otherwise than one would expect, and why. */
export function notesOf(states: readonly WatchState[], arePodsExpected: boolean): string[] {
  const selections = states.map(({ watch }) => watch);
  const notes: string[] = [];
  if (states.length > 0 && arePodsExpected && selections.every(({ selection }) => selection.resource !== 'pods'))
    notes.push('pods are not watched: neither NODE_NAME nor collectors.kubernetes.node_name is a name of a node');
  const wide = selections.find(
    ({ selection, filter }) =>
      selection.resource === 'endpointslices' && selection.labelSelector === '' && filter.names.length > 0,
  );
  if (wide !== undefined)
    notes.push(`all EndpointSlices are read: ${wide.filter.names.length} names are too many for a selector`);
  return notes;
}

/** No verdict on endpoints rests on it. */
const isOptional = ({ resource }: Selection) => resource === 'pods' || isContext(resource);

const SWITCHES: Readonly<Partial<Record<ApiResource, string>>> = {
  pods: 'pods: off',
  horizontalpodautoscalers: 'autoscalers: false',
  events: 'events: false',
};

function switchesOf(denied: readonly WatchState[]): string {
  const names = denied.flatMap(({ watch }) => SWITCHES[watch.selection.resource] ?? []);
  return [...new Set(names)].map((name) => `collectors.kubernetes.${name}`).join(' and ');
}

const isForbidden = ({ problem }: WatchState) => problem?.reason === 'forbidden';

function hasFailed({ isSynced, failingSinceMs }: WatchState, nowMs: number): boolean {
  return failingSinceMs !== null && (!isSynced || nowMs - failingSinceMs > TOLERATED_MS);
}

/** The rule that is missing, ready to be added to a Role or ClusterRole. */
function rightsOf(denied: readonly WatchState[]): string {
  const rules = denied.map(({ watch: { selection } }) => {
    const kind = selection.namespace === '' ? 'ClusterRole' : `Role in namespace ${selection.namespace}`;
    const group = groupOf(selection.resource);
    return `{apiGroups: [${group === '' ? '""' : group}], resources: [${selection.resource}], verbs: [list, watch]} to a ${kind}`;
  });
  return `forbidden; add ${[...new Set(rules)].join(' and ')}`;
}

function describe({ resource, namespace, fieldSelector }: Selection): string {
  const kinds = resource === 'events' ? 'warnings (events)' : `${resource} of this node`;
  const what = fieldSelector === '' ? resource : kinds;
  return namespace === '' ? `${what} in all namespaces` : `${what} in namespace ${namespace}`;
}
