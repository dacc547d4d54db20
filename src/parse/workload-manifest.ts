import type { PodLifecycle, ServicePortSpec } from '../contract/cluster.ts';
import { type Fields, fieldsOf, listOf, textOf } from './api-object.ts';
import { readPodLifecycle } from './pod-lifecycle.ts';
import { readService } from './service.ts';

const MOST_PORTS = 1_000;
const MOST_OWNERS = 10;
const MOST_LABELS = 200;
/** Kinds with a template for pods that go on running. */
const TEMPLATED = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController']);

export interface ManifestWorkload {
  /** `namespace/name` of the object. */
  readonly key: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly lifecycle: PodLifecycle;
  /** It is a pod, not a template for pods. */
  readonly isPod: boolean;
}

export interface ManifestService {
  readonly key: string;
  /** Those of TCP. */
  readonly ports: readonly ServicePortSpec[];
  /** Empty: it selects nothing. */
  readonly selector: ReadonlyMap<string, string>;
}

/** A workload or pod as `kubectl get … -o yaml` writes it; null: it is none, or another one makes it. */
export function readWorkload(kind: string, value: unknown): ManifestWorkload | null {
  const { metadata, spec } = fieldsOf(value);
  const key = keyOf(fieldsOf(metadata));
  if (key === '') return null;
  if (kind === 'Pod') return ofPod(key, fieldsOf(metadata), spec, true);
  const owners = listOf(fieldsOf(metadata).ownerReferences, MOST_OWNERS);
  if (!TEMPLATED.has(kind) || owners.some((owner) => TEMPLATED.has(textOf(fieldsOf(owner).kind)))) return null;
  const { replicas, template } = fieldsOf(spec);
  // An old revision, or one that was scaled to nothing, has no pods.
  if (kind === 'ReplicaSet' && replicas === 0) return null;
  return ofPod(key, fieldsOf(fieldsOf(template).metadata), fieldsOf(template).spec, false);
}

function ofPod(key: string, metadata: Fields, spec: unknown, isPod: boolean): ManifestWorkload | null {
  // One of a Job comes to an end by itself.
  const { restartPolicy } = fieldsOf(spec);
  if (restartPolicy === 'Never' || restartPolicy === 'OnFailure') return null;
  return { key, labels: textsOf(metadata.labels), lifecycle: readPodLifecycle(spec), isPod };
}

/** Null: it is none, or leads nowhere in the cluster. */
export function readManifestService(value: unknown): ManifestService | null {
  const service = readService(value);
  const spec = fieldsOf(fieldsOf(value).spec);
  if (service === null || service.externalName !== '') return null;
  const ports = listOf(spec.ports, MOST_PORTS).filter((port) => {
    const { protocol } = fieldsOf(port);
    return protocol === undefined || protocol === 'TCP';
  });
  const tcp = readService({ ...fieldsOf(value), spec: { ...spec, ports } });
  return { key: service.key, ports: tcp?.ports ?? [], selector: textsOf(spec.selector) };
}

export function isSelected({ key, selector }: ManifestService, workload: ManifestWorkload): boolean {
  if (selector.size === 0 || namespaceOf(key) !== namespaceOf(workload.key)) return false;
  return [...selector].every(([label, value]) => workload.labels.get(label) === value);
}

export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** '' when there is no name; a manifest that names no namespace means that of its user. */
export function keyOf({ namespace, name }: Fields): string {
  return textOf(name) === '' ? '' : `${textOf(namespace) || 'default'}/${textOf(name)}`;
}

function textsOf(value: unknown): ReadonlyMap<string, string> {
  const entries = Object.entries(fieldsOf(value)).slice(0, MOST_LABELS);
  return new Map(entries.flatMap(([label, text]) => (typeof text === 'string' ? [[label, text]] : [])));
}
