import type { Change } from '../contract/evidence.ts';
import type { Writers } from '../contract/metrics.ts';
import type { Clock } from '../contract/unit.ts';
import { type Autoscaler, isAtLimit } from '../parse/autoscaler.ts';
import type { KUBERNETES_METRICS } from './kubernetes-metrics.ts';
import { UPSCALE_BEGINNINGS, Upscales } from './kubernetes-upscales.ts';
import type { WatchSink } from './kubernetes-watches.ts';
import type { ServiceWorkloads } from './kubernetes-workloads.ts';

const MOST_AUTOSCALERS = 1_000;

export interface AutoscalersOptions {
  readonly clock: Clock;
  readonly changed: (change: Change) => void;
  readonly workloads: ServiceWorkloads;
  readonly metrics: Writers<typeof KUBERNETES_METRICS>;
}

/** HorizontalPodAutoscalers of what stands behind proxied Services: their state as gauges, what they do as changes. */
export class Autoscalers implements WatchSink<Autoscaler> {
  readonly #options: AutoscalersOptions;
  readonly #known = new Map<string, Autoscaler>();
  /** With series. */
  readonly #shown = new Set<string>();

  readonly #upscales: Upscales;

  constructor(options: AutoscalersOptions) {
    this.#options = options;
    this.#upscales = new Upscales(options);
  }

  set(now: Autoscaler, isNews: boolean): void {
    const before = this.#known.get(now.key);
    if (before === undefined && this.#known.size >= MOST_AUTOSCALERS) return;
    this.#known.set(now.key, now);
    if (!isNews || before === undefined) return;
    const services = this.#servicesOf(now);
    if (services.length === 0) return;
    this.#upscales.changed(before, now);
    const { desired, max } = now;
    if (before.desired !== null && desired !== null && desired !== before.desired) {
      const direction = desired > before.desired ? 'up' : 'down';
      this.#options.metrics.autoscalerScales.inc({ ...labelsOf(now.key), direction });
      const limits = `between ${now.min} and ${max ?? 'any number'}`;
      this.#tell(
        services,
        `${nameOf(now)} scales ${direction} from ${before.desired} to ${desired} replicas, ${limits}`,
      );
    }
    if (isAtLimit(now) && !isAtLimit(before))
      this.#tell(services, `${nameOf(now)} is at its limit of ${max} replicas and would have more`);
    const { ableToScale: can } = now;
    if (can.status === 'false' && before.ableToScale.status !== 'false')
      this.#tell(services, `${nameOf(now)} cannot scale${can.reason === '' ? '' : `: ${can.reason}`}`);
  }

  delete(key: string): void {
    this.#known.delete(key);
    this.#upscales.delete(key);
    this.#hide(key);
  }

  forget(): void {
    this.#known.clear();
    this.#upscales.clear();
    for (const key of [...this.#shown]) this.#hide(key);
  }

  /** Brings the series up to date; which Services there are may have become known since. */
  publish(): void {
    this.#upscales.look();
    const { autoscalerReplicas, autoscalerConditions, autoscalerScales, autoscalerAtLimit } = this.#options.metrics;
    for (const [key, one] of this.#known) {
      if (this.#servicesOf(one).length === 0) {
        this.#hide(key);
        continue;
      }
      const labels = labelsOf(key);
      if (!this.#shown.has(key))
        for (const direction of ['up', 'down']) autoscalerScales.inc({ ...labels, direction }, 0);
      this.#shown.add(key);
      for (const state of ['current', 'desired', 'min', 'max'] as const) {
        const value = one[state];
        if (value === null) autoscalerReplicas.remove({ ...labels, state });
        else autoscalerReplicas.set({ ...labels, state }, value);
      }
      autoscalerAtLimit.set(labels, isAtLimit(one) ? 1 : 0);
      for (const [condition, field] of CONDITIONS) {
        const { status } = one[field];
        if (status === 'unknown') autoscalerConditions.remove({ ...labels, condition });
        else autoscalerConditions.set({ ...labels, condition }, status === 'true' ? 1 : 0);
      }
    }
  }

  #hide(key: string): void {
    if (!this.#shown.delete(key)) return;
    const { autoscalerReplicas, autoscalerConditions, autoscalerScales, autoscalerAtLimit } = this.#options.metrics;
    const labels = labelsOf(key);
    for (const state of ['current', 'desired', 'min', 'max']) autoscalerReplicas.remove({ ...labels, state });
    for (const [condition] of CONDITIONS) autoscalerConditions.remove({ ...labels, condition });
    for (const direction of ['up', 'down']) autoscalerScales.remove({ ...labels, direction });
    for (const since of UPSCALE_BEGINNINGS) this.#options.metrics.autoscalerUpscale.remove({ ...labels, since });
    autoscalerAtLimit.remove(labels);
  }

  #servicesOf({ key, targetName }: Autoscaler): readonly string[] {
    return this.#options.workloads.servicesOf(`${labelsOf(key).namespace}/${targetName}`);
  }

  #tell(services: readonly string[], text: string): void {
    const atMs = this.#options.clock.now();
    for (const service of services) this.#options.changed({ kind: 'scale', atMs, subject: null, service, text });
  }
}

/** Closed set of the label `condition`. */
const CONDITIONS = [
  ['able_to_scale', 'ableToScale'],
  ['scaling_active', 'scalingActive'],
  ['scaling_limited', 'scalingLimited'],
] as const;

function labelsOf(key: string): { readonly namespace: string; readonly autoscaler: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), autoscaler: key.slice(slash + 1) };
}

/** `HorizontalPodAutoscaler shop/cart (Deployment cart)` */
function nameOf({ key, targetKind, targetName }: Autoscaler): string {
  return `HorizontalPodAutoscaler ${key} (${targetKind} ${targetName})`;
}
