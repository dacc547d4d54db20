import { known, notKnown } from '../audit/fact.ts';
import type { AuditResult } from '../audit/findings.ts';
import { placeText } from '../audit/rule.ts';
import type { Workload, WorkloadService } from '../audit/workload.ts';
import type { PodLifecycle } from '../contract/cluster.ts';
import type { Target } from '../contract/unit.ts';
import type { ProxiedPod, ProxiedService } from '../contract/workloads.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';

const MOST_TARGETS = 50;
const LONGEST_DETAIL = 1_000;

interface Group {
  readonly lifecycle: PodLifecycle;
  readonly services: readonly ProxiedService[];
  readonly pods: ProxiedPod[];
}

/** Pods with the same spec behind the same Services are one; by namespace. */
export function workloadsOf(pods: readonly ProxiedPod[]): ReadonlyMap<string, readonly Workload[]> {
  const groups = new Map<string, Group[]>();
  for (const one of pods) {
    const { lifecycle } = one.pod;
    if (lifecycle === undefined) continue;
    const [namespace, name] = one.pod.key.split('/');
    const key = `${namespace}/${workloadOfPod(name)}`;
    const alike = groups.get(key) ?? [];
    groups.set(key, alike);
    const group = alike.find((other) => other.lifecycle === lifecycle && isSame(other.services, one.services));
    if (group === undefined) alike.push({ lifecycle, services: one.services, pods: [one] });
    else group.pods.push(one);
  }
  const byNamespace = new Map<string, Workload[]>();
  for (const [key, alike] of groups) {
    const [namespace] = key.split('/');
    const workloads = byNamespace.get(namespace) ?? [];
    byNamespace.set(namespace, workloads);
    for (const group of alike) workloads.push(toWorkload(key, group));
  }
  return byNamespace;
}

function isSame(one: readonly ProxiedService[], other: readonly ProxiedService[]): boolean {
  return one.length === other.length && one.every(({ key }, index) => key === other[index].key);
}

function toWorkload(key: string, { lifecycle, services, pods }: Group): Workload {
  const seconds = services.flatMap(({ recommendedPreStopSeconds: one }) => (one === null ? [] : [one]));
  const exits = pods.find(({ abruptExits }) => abruptExits !== undefined)?.abruptExits;
  return {
    ...{ key, lifecycle, isTemplate: false },
    services: known(services.map(toService)),
    recommendedPreStopSeconds:
      seconds.length > 0 ? known(Math.max(...seconds)) : notKnown('no death gap was measured within 7 days'),
    abruptExits: exits === undefined ? notKnown('ends of pods are not watched') : known(exits),
    listens: (port) => pods.map((pod) => pod.listens(port)),
    accounts: notKnown('ServiceAccounts are not read'),
  };
}

function toService({ key, ports }: ProxiedService): WorkloadService {
  return { key, ports: ports === null ? notKnown(`Service ${key} is not known`) : known(ports) };
}

/** Each workload with findings, with all that is found. */
export function targetsOf({ findings }: AuditResult): Target[] {
  const texts = new Map<string, string[]>();
  for (const { place, severity, rule, message, fix } of findings) {
    const name = placeText(place);
    texts.set(name, [...(texts.get(name) ?? []), `${severity} ${rule}: ${message}; fix: ${fix}`]);
  }
  return [...texts]
    .slice(0, MOST_TARGETS)
    .map(([name, all]) => ({ name, state: 'ok', detail: all.join(' · ').slice(0, LONGEST_DETAIL) }));
}
