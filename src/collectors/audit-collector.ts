import { posix } from 'node:path';
import { known } from '../audit/fact.ts';
import type { AuditResult } from '../audit/findings.ts';
import { counted } from '../contract/counted.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import type { CgroupTree } from '../sources/cgroup.ts';
import { Slices } from '../sources/node/slices.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { isOwnNetwork } from '../sources/sysctl.ts';
import type { AuditConfig } from './audit.ts';
import type { AUDIT_METRICS } from './audit-metrics.ts';
import { sysctlSamples } from './audit-sysctl.ts';
import { discoverConfigs, type FoundConfig, findConfigured } from './nginx-config-find.ts';
import { isDenied } from './nginx-config-tree.ts';
import { searchMasters } from './nginx-masters.ts';
import type { OwnPod } from './own-pod.ts';

type Context = CollectorContext<typeof AUDIT_METRICS>;

interface Audited {
  readonly subject: Subject;
  /** Null: it cannot be read. */
  readonly result: AuditResult | null;
  readonly target: Target;
}

export class AuditCollector implements Collector {
  readonly #config: AuditConfig;
  readonly #context: Context;
  readonly #own: OwnPod;
  readonly #proc: Procfs;
  #cgroups: CgroupTree | null = null;
  #targets: readonly Target[] = [];
  #notes: readonly string[] = [];

  constructor(config: AuditConfig, context: Context, own: OwnPod) {
    this.#config = config;
    this.#context = context;
    this.#own = own;
    this.#proc = openProcfs(context.paths.proc);
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const { metrics, paths } = this.#context;
    const found = await this.#find();
    const isGateways = found.some(({ master }) => master !== null && isOwnNetwork(this.#proc, master.pid));
    const sysctls = sysctlSamples(this.#proc, paths, isGateways);
    const audited: Audited[] = [];
    for (const one of found) audited.push(await this.#audit(one, signal));
    // At once: a scrape meanwhile has the findings of the look before, not none.
    for (const family of Object.values(metrics)) family.reset();
    for (const { name, netns, value } of sysctls) metrics.sysctl.set({ name, netns }, value);
    for (const { subject, result } of audited) if (result !== null) this.#publish(subject, result);
    const configs = audited.map(({ target }) => target);
    this.#targets = configs;
    const workloads = await this.#auditWorkloads();
    return this.#conclude(configs, workloads);
  }

  /** What stands behind the gateways; a sentence of it, '' when there is nothing. */
  async #auditWorkloads(): Promise<string> {
    const proxied = this.#context.workloads.proxied();
    if (proxied === undefined || proxied === null) return '';
    if (!proxied.isKnown) {
      this.#notes = [...this.#notes, `pods behind gateways are not audited: ${proxied.why}`];
      return '';
    }
    if (proxied.pods.length === 0) return '';
    const [{ auditWorkloads }, { workloadsOf, targetsOf }] = await Promise.all([
      import('../audit/workloads.ts'),
      import('./audit-workloads.ts'),
    ]);
    const targets: Target[] = [];
    let count = 0;
    for (const [namespace, workloads] of workloadsOf(proxied.pods)) {
      const result = auditWorkloads(workloads);
      this.#publish({ namespace, pod: '', container: '', gateway: '' }, result);
      targets.push(...targetsOf(result));
      count += workloads.length;
    }
    this.#targets = [...this.#targets, ...targets];
    return `${counted(count, 'workload')} behind gateways, ${targets.length} of them with findings`;
  }

  targets(): readonly Target[] {
    return this.#targets;
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  async #find(): Promise<FoundConfig[]> {
    const { files, discover } = this.#config;
    const notes: string[] = [];
    this.#notes = notes;
    const search = { paths: this.#context.paths, own: this.#own, ...(await searchMasters(this.#context)) };
    if (files.length > 0) return findConfigured(files, search, notes);
    return discover ? discoverConfigs(search, notes) : [];
  }

  async #audit({ target, master }: FoundConfig, signal: AbortSignal): Promise<Audited> {
    const { subject } = target;
    const name = target.host.root + target.main;
    // The rules and the reader of configurations are loaded when there is one to read.
    const [{ auditSteps }, { readAuditInput }, { readAudited }, { readFacts }] = await Promise.all([
      import('../audit/index.ts'),
      import('../audit/input.ts'),
      import('./audit-read.ts'),
      import('./audit-facts.ts'),
    ]);
    const isInOurPod = this.#context.paths.root === '' && this.#own.pod !== '' && target.subject.pod === this.#own.pod;
    const runner = { pid: master?.pid ?? null, host: target.host, isInOurPod };
    const facts = await readFacts(this.#proc, await this.#refreshed(signal), runner);
    const { backend_timeout: backend } = this.#config;
    const given = backend === undefined ? {} : { backendTimeoutSeconds: known(backend / 1000) };
    try {
      const slices = new Slices();
      const steps = auditSteps(readAuditInput(readAudited(target), { ...facts, ...given }));
      let step = steps.next();
      for (; !step.done; step = steps.next()) if (slices.isOver()) await slices.next();
      const result = step.value;
      return { subject, result, target: { name, state: 'ok', detail: wordsOf(result) } };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const state = isDenied({ path: target.main, reason: code ?? '' }) ? 'not_permitted' : 'failed';
      const detail = `cannot read ${posix.basename(target.main)}: ${code ?? message}`;
      return { subject, result: null, target: { name, state, detail } };
    }
  }

  async #refreshed(signal: AbortSignal): Promise<CgroupTree> {
    if (this.#cgroups === null) {
      const { CgroupTree } = await import('../sources/cgroup.ts');
      this.#cgroups = new CgroupTree(this.#proc);
    }
    await this.#cgroups.refresh(signal);
    return this.#cgroups;
  }

  #publish(subject: Subject, { counts, unchecked }: AuditResult): void {
    const { metrics } = this.#context;
    metrics.unchecked.set(subject, unchecked.length);
    for (const [rule, count] of counts) {
      for (const severity of ['info', 'warning'] as const)
        metrics.findings.set({ ...subject, rule, severity }, count[severity]);
    }
  }

  /** @param workloads a sentence, '' when there are none */
  #conclude(configs: readonly Target[], workloads: string): Outcome {
    const bad = configs.find(({ state }) => state !== 'ok');
    const also = workloads === '' ? '' : `; ${workloads}`;
    if (configs.length === 0 && workloads !== '') return { state: 'ok', detail: workloads };
    if (configs.length === 0)
      return { state: 'absent', detail: `no configuration to audit: ${this.#notes.join('; ') || 'discovery is off'}` };
    if (bad === undefined) return { state: 'ok', detail: configs[0].detail + also };
    if (configs.some(({ state }) => state === 'ok')) return { state: 'ok', detail: bad.detail + also };
    if (bad.state === 'not_permitted') return { state: 'not_permitted', detail: bad.detail };
    throw new Error(bad.detail);
  }
}

function wordsOf({ counts, unchecked }: AuditResult): string {
  let [warnings, infos] = [0, 0];
  for (const { warning, info } of counts.values()) [warnings, infos] = [warnings + warning, infos + info];
  const rest = unchecked.length === 0 ? '' : `; ${counted(unchecked.length, 'rule')} could not look at everything`;
  return `${warnings} warnings and ${infos} hints${warnings + infos === 0 ? '' : ', which badgateway audit lists'}${rest}`;
}
