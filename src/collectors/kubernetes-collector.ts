import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { ApiClient } from '../sources/kubernetes/api-client.ts';
import { ClockOffset } from '../sources/kubernetes/clock-offset.ts';
import { Credentials, type CredentialsOptions, isInCluster } from '../sources/kubernetes/credentials.ts';
import { growReluctantly } from '../sources/kubernetes/frugal-heap.ts';
import { TIMING, type Timing } from '../sources/kubernetes/timing.ts';
import type { KubernetesConfig } from './kubernetes.ts';
import { clusterWatches } from './kubernetes-cluster.ts';
import { KubernetesContext } from './kubernetes-context.ts';
import { ControllerServices } from './kubernetes-controllers.ts';
import { codeClass, type KUBERNETES_METRICS, publishOffset } from './kubernetes-metrics.ts';
import { isAnythingWanted, type PlannedWatch, planWatches } from './kubernetes-plan.ts';
import { notesOf, outcomeOf, targetsOf } from './kubernetes-report.ts';
import type { ResourceWatches, WatchState } from './kubernetes-watches.ts';

/** A changed plan must stay the same for so long, up to half as much longer by chance; the first for a fifth. */
const DEBOUNCE_MS = 5000;

/** A new connection each time. */
const CONFIRM_EVERY_MS = 5000;

/** A plan that never stays the same is carried out after so many times that. */
const MOST_DEBOUNCES = 6;

type Context = CollectorContext<typeof KUBERNETES_METRICS>;

/** What tests put in the place of the process's own. */
export interface Surroundings {
  readonly environment: CredentialsOptions['environment'];
  readonly serviceAccount?: string;
  readonly timing?: Timing;
  readonly debounceMs?: number;
}

export class KubernetesCollector implements Collector {
  readonly #config: KubernetesConfig;
  readonly #context: Context;
  readonly #access: CredentialsOptions;
  readonly #credentials: Credentials;
  readonly #client: ApiClient;
  readonly #watches: readonly ResourceWatches<never>[];
  readonly #explaining: KubernetesContext;
  readonly #controllers: ControllerServices;
  readonly #offset = new ClockOffset();
  readonly #podsOfNode: string;
  readonly #debounceMs: number;
  #plan = '';
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #pending: { readonly plan: string; readonly dueMs: number; readonly sinceMs: number } | null = null;

  constructor(config: KubernetesConfig, context: Context, surroundings: Surroundings) {
    const { environment, serviceAccount, timing = TIMING, debounceMs = DEBOUNCE_MS } = surroundings;
    const { kubeconfig, context: contextName } = config;
    this.#config = config;
    this.#context = context;
    this.#debounceMs = debounceMs;
    this.#access = { kubeconfig, context: contextName, environment, ...(serviceAccount ? { serviceAccount } : {}) };
    this.#podsOfNode = config.pods === 'off' ? '' : config.node_name || (environment.NODE_NAME ?? '');
    this.#credentials = new Credentials(this.#access);
    const { metrics, cluster, clock } = context;
    this.#client = new ApiClient({
      credentials: this.#credentials,
      timing,
      observer: {
        connected: () => metrics.connections.inc({}),
        dated: (answer) => this.#offset.take(answer),
        answered: (resource, verb, status) => metrics.requests.inc({ resource, verb, code: codeClass(status) }),
      },
    });
    const common = { client: this.#client, timing, metrics, now: () => clock.now() };
    const { autoscalers, events, service_pods: servicePods } = config;
    this.#explaining = new KubernetesContext({ context, common, autoscalers, events, servicePods });
    this.#controllers = new ControllerServices(config.controllers_namespace, cluster.controllers);
    this.#watches = [
      ...clusterWatches(cluster, common, this.#explaining.workloads, this.#controllers),
      ...this.#explaining.watches,
    ];
  }

  async poll(): Promise<Outcome> {
    if (!this.#isReachable()) {
      const detail = 'not in a cluster; set collectors.kubernetes.kubeconfig or collectors.endpoints_file.path';
      return { state: 'absent', detail };
    }
    // Before there is much: what has grown stays large.
    growReluctantly();
    await this.#replan();
    this.#confirm();
    this.#explaining.look();
    this.#publish();
    const states = this.#states();
    if (states.length > 0) return outcomeOf(states, this.#context.clock.now());
    if (this.#pending !== null) return { state: 'ok', detail: 'waits until what is wanted stays the same' };
    return { state: 'absent', detail: this.#whyNothing() };
  }

  /** Also while polls are rare after failures. */
  flush(): boolean {
    this.#publish();
    return true;
  }

  targets(): readonly Target[] {
    return [...targetsOf(this.#states(), this.#context.clock.now()), ...this.#explaining.targets()];
  }

  notes(): readonly string[] {
    return notesOf(this.#states(), this.#config.pods !== 'off');
  }

  async stop(): Promise<void> {
    this.#plan = '';
    await Promise.all([this.#explaining.stop(), ...this.#watches.map((watches) => watches.stop())]);
    this.#controllers.tell(this.#watches);
    this.#client.close();
  }

  #isReachable(): boolean {
    return this.#config.kubeconfig !== '' || this.#plan !== '' || isInCluster(this.#access);
  }

  #whyNothing(): string {
    if (!isAnythingWanted(this.#context.cluster.wanted())) return 'no upstream in use may be a Service; not connected';
    return 'no namespace is known for the upstreams in use; set collectors.kubernetes.namespaces';
  }

  #states(): WatchState[] {
    return this.#watches.flatMap((watches) => watches.states());
  }

  async #replan(): Promise<void> {
    const wanted = this.#context.cluster.wanted();
    const { namespaces } = this.#config;
    const ownNamespace = wanted.hasUnnamed ? await this.#credentials.namespace() : '';
    const planned = planWatches({
      wanted,
      namespaces,
      ownNamespace,
      podsOfNode: this.#podsOfNode,
      arePodsAlways: this.#config.pods === 'own_node_always',
      controllersNamespace: this.#config.controllers_namespace,
      context: this.#explaining.plan(),
    });
    const plan = planned.map(({ id }) => id).join('\n');
    if (plan === this.#plan) this.#pending = null;
    else if (this.#isDue(plan)) this.#carryOut(plan, planned);
  }

  /** Before an address is accused that was not in use when the watch last said something. */
  #confirm(): void {
    const sinceMs = this.#context.cluster.doubtMs();
    const nowMs = this.#context.clock.now();
    if (sinceMs === null || nowMs - this.#confirmedMs < CONFIRM_EVERY_MS) return;
    this.#confirmedMs = nowMs;
    this.#watches.find(({ resource }) => resource === 'endpointslices')?.confirm(sinceMs);
  }

  #isDue(plan: string): boolean {
    const nowMs = this.#context.clock.now();
    if (this.#pending?.plan !== plan) {
      const waitMs = (this.#plan === '' ? this.#debounceMs / 5 : this.#debounceMs) * (1 + Math.random() / 2);
      this.#pending = { plan, dueMs: nowMs + waitMs, sinceMs: this.#pending?.sinceMs ?? nowMs };
    }
    const { dueMs, sinceMs } = this.#pending;
    return nowMs >= dueMs || nowMs - sinceMs >= MOST_DEBOUNCES * this.#debounceMs;
  }

  #carryOut(plan: string, planned: readonly PlannedWatch[]): void {
    this.#plan = plan;
    this.#pending = null;
    for (const watches of this.#watches) {
      watches.want(planned.filter(({ selection }) => selection.resource === watches.resource));
    }
    if (planned.length === 0) this.#client.close();
  }

  #publish(): void {
    const { lastActivity, lastSync, objects, synced } = this.#context.metrics;
    this.#explaining.publish();
    this.#controllers.tell(this.#watches);
    publishOffset(this.#offset, this.#context.metrics.clockOffset);
    for (const watches of this.#watches) {
      const { resource } = watches;
      if (watches.states().length === 0) {
        for (const family of [lastActivity, lastSync, objects, synced]) family.remove({ resource });
        continue;
      }
      const { lastCurrentMs, lastSyncMs } = watches;
      if (lastCurrentMs !== null) lastActivity.set({ resource }, lastCurrentMs / 1000);
      if (lastSyncMs !== null) lastSync.set({ resource }, lastSyncMs / 1000);
      objects.set({ resource }, watches.objects);
      synced.set({ resource }, watches.isSynced ? 1 : 0);
    }
  }
}
