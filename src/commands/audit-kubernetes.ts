import { type Fact, known, notKnown } from '../audit/fact.ts';
import type { AuditResult } from '../audit/findings.ts';
import type { Workload } from '../audit/workload.ts';
import { auditWorkloads } from '../audit/workloads.ts';
import { fieldsOf } from '../parse/api-object.ts';
import {
  isSelected,
  keyOf,
  type ManifestService,
  type ManifestWorkload,
  namespaceOf,
  readManifestService,
  readWorkload,
} from '../parse/workload-manifest.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';

/** What stands in a manifest, with what was found. */
export interface AuditedWorkloads {
  readonly name: string;
  readonly result: AuditResult;
  /** Looked at. */
  readonly workloads: number;
  /** No Service of the file selects them. */
  readonly withoutService: number;
}

/** Takes objects of the API one by one, and keeps of them what rules ask for. */
export class WorkloadObjects {
  readonly #workloads: ManifestWorkload[] = [];
  /** Null: nobody has listed them. */
  #services: ManifestService[] | null = null;
  #accounts: Set<string> | null = null;

  /** Of other kinds nothing is taken. */
  take(kind: string, value: unknown): void {
    if (kind === 'Service') {
      this.#services ??= [];
      const service = readManifestService(value);
      if (service !== null) this.#services.push(service);
    } else if (kind === 'ServiceAccount') {
      this.#accounts ??= new Set();
      this.#accounts.add(keyOf(fieldsOf(fieldsOf(value).metadata)));
    } else {
      const workload = readWorkload(kind, value);
      if (workload !== null) this.#workloads.push(workload);
    }
  }

  /** @throws Error when there is no workload */
  audit(name: string, recommended: Fact<number>): AuditedWorkloads {
    if (this.#workloads.length === 0)
      throw new Error('it has no workload: write it with kubectl get deploy,sts,ds,pods,svc -A -o yaml');
    const all = this.#workloads.map((one) => ({ one, services: this.#servicesOf(one) }));
    const proxied = all.filter(({ services }) => !services.isKnown || services.value.length > 0);
    const workloads = proxied.map(({ one, services }) => this.#toWorkload(one, services, recommended));
    return {
      name,
      result: auditWorkloads(workloads),
      workloads: new Set(workloads.map(({ key }) => key)).size,
      withoutService: all.length - proxied.length,
    };
  }

  #servicesOf(workload: ManifestWorkload): Fact<readonly ManifestService[]> {
    if (this.#services === null) return notKnown('there are no Services in the file');
    return known(this.#services.filter((service) => isSelected(service, workload)));
  }

  #toWorkload(
    { key, lifecycle, isPod }: ManifestWorkload,
    services: Fact<readonly ManifestService[]>,
    recommendedPreStopSeconds: Fact<number>,
  ): Workload {
    const [namespace, name] = key.split('/');
    const own = [...(this.#accounts ?? [])].filter((account) => namespaceOf(account) === namespace);
    return {
      key: isPod ? `${namespace}/${workloadOfPod(name)}` : key,
      ...{ lifecycle, recommendedPreStopSeconds, isTemplate: !isPod },
      services: services.isKnown
        ? known(services.value.map((service) => ({ key: service.key, ports: known(service.ports) })))
        : services,
      abruptExits: notKnown('a file shows no ends of pods'),
      listens: () => [],
      accounts:
        own.length === 0
          ? notKnown(`there are no ServiceAccounts of namespace ${namespace} in the file`)
          : known(new Set(own.map((account) => account.slice(namespace.length + 1)))),
    };
  }
}
