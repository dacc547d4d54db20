import type { ClusterResource } from '../contract/cluster.ts';
import type { Outcome, Target } from '../contract/unit.ts';
import type { Selection } from '../sources/kubernetes/list.ts';
import type { WatchState } from './kubernetes-watches.ts';

/** So long a watch may be without connection before the collector counts as failed. */
const TOLERATED_MS = 60_000;
const GROUPS: Readonly<Record<ClusterResource, string>> = {
  endpointslices: 'discovery.k8s.io',
  services: '""',
  pods: '""',
};

/** What the watches amount to. Throws when the API server cannot be reached and what is known grows old. */
export function outcomeOf(states: readonly WatchState[], nowMs: number): Outcome {
  const denied = states.filter(isForbidden);
  const needed = denied.filter(({ watch }) => watch.selection.resource !== 'pods');
  if (needed.length > 0) return { state: 'not_permitted', detail: rightsOf(needed) };
  const failed = states.find((state) => !isForbidden(state) && hasFailed(state, nowMs));
  if (failed) throw new Error(`${describe(failed.watch.selection)}: ${failed.problem?.message}`);
  const counts = (resource: ClusterResource) =>
    states.reduce((sum, { watch, objects }) => sum + (watch.selection.resource === resource ? objects : 0), 0);
  const sentences = [
    `${states.length} watches: ${counts('endpointslices')} EndpointSlices, ${counts('services')} Services, ${counts('pods')} pods`,
  ];
  const pending = states.filter(({ isSynced }) => !isSynced).length;
  if (pending > denied.length) sentences.push(`${pending - denied.length} not read yet`);
  if (denied.length > 0) sentences.push(`${rightsOf(denied)}, or set collectors.kubernetes.pods: off`);
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

const isForbidden = ({ problem }: WatchState) => problem?.reason === 'forbidden';

function hasFailed({ isSynced, failingSinceMs }: WatchState, nowMs: number): boolean {
  return failingSinceMs !== null && (!isSynced || nowMs - failingSinceMs > TOLERATED_MS);
}

/** The rule that is missing, ready to be added to a Role or ClusterRole. */
function rightsOf(denied: readonly WatchState[]): string {
  const rules = denied.map(({ watch: { selection } }) => {
    const kind = selection.namespace === '' ? 'ClusterRole' : `Role in namespace ${selection.namespace}`;
    return `{apiGroups: [${GROUPS[selection.resource]}], resources: [${selection.resource}], verbs: [list, watch]} to a ${kind}`;
  });
  return `forbidden; add ${[...new Set(rules)].join(' and ')}`;
}

function describe({ resource, namespace, fieldSelector }: Selection): string {
  const what = fieldSelector === '' ? resource : `${resource} of this node`;
  return namespace === '' ? `${what} in all namespaces` : `${what} in namespace ${namespace}`;
}
