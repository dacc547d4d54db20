import type { CollectorContext, Target } from '../contract/unit.ts';
import { readAutoscaler } from '../parse/autoscaler.ts';
import { readWarning } from '../parse/warning-event.ts';
import { Autoscalers } from './kubernetes-autoscalers.ts';
import type { CommonOptions } from './kubernetes-cluster.ts';
import type { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import type { PlanInput } from './kubernetes-plan.ts';
import { ServicePodLists } from './kubernetes-service-pods.ts';
import { Warnings } from './kubernetes-warnings.ts';
import { ResourceWatches } from './kubernetes-watches.ts';
import { ServiceWorkloads } from './kubernetes-workloads.ts';

export interface KubernetesContextOptions {
  readonly context: CollectorContext<typeof KUBERNETES_METRICS>;
  /** What is switched on. */
  readonly autoscalers: boolean;
  readonly events: boolean;
  readonly servicePods: boolean;
  readonly common: CommonOptions;
}

/** What explains beside the endpoints: autoscalers, warnings and pods of other nodes, each switched on by itself. */
export class KubernetesContext {
  readonly watches: readonly ResourceWatches<never>[];
  readonly #options: KubernetesContextOptions;
  readonly #autoscalers: Autoscalers;
  /** Null: nobody asks. */
  readonly workloads: ServiceWorkloads | null;
  readonly #servicePods: ServicePodLists | null;

  constructor(options: KubernetesContextOptions) {
    const { context, common, autoscalers, events } = options;
    const { clock, metrics, evidence } = context;
    const workloads = new ServiceWorkloads();
    const shared = { clock, metrics, workloads, changed: evidence.changed.bind(evidence) };
    this.#options = options;
    this.workloads = autoscalers || events ? workloads : null;
    this.#autoscalers = new Autoscalers(shared);
    const { client, timing } = common;
    const unready = () => context.workloads?.unready() ?? [];
    const lists = new ServicePodLists({ client, timing, clock, unready, sink: context.cluster.servicePods });
    this.#servicePods = options.servicePods ? lists : null;
    this.watches = [
      new ResourceWatches({
        ...{ ...common, resource: 'horizontalpodautoscalers', read: readAutoscaler, passes: () => true },
        sink: this.#autoscalers,
      }),
      new ResourceWatches({
        ...{ ...common, resource: 'events', read: readWarning, passes: () => true },
        sink: new Warnings({ ...shared, gateways: () => context.workloads?.gateways() ?? [] }),
      }),
    ] as unknown as readonly ResourceWatches<never>[];
  }

  plan(): NonNullable<PlanInput['context']> {
    const { autoscalers, events, context } = this.#options;
    const gateways = events ? (context.workloads?.gateways() ?? []) : [];
    const gatewayNamespaces = [...new Set(gateways.flatMap(({ namespace }) => namespace || []))];
    return { autoscalers, events, gatewayNamespaces };
  }

  look(): void {
    this.#servicePods?.look();
  }

  targets(): readonly Target[] {
    return this.#servicePods?.targets() ?? [];
  }

  publish(): void {
    this.#autoscalers.publish();
  }

  async stop(): Promise<void> {
    await this.#servicePods?.stop();
  }
}
