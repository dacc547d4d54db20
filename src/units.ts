import type * as z from 'zod';
import { HARNESS_METRICS, Harness } from './collectors/harness.ts';
import { COLLECTORS } from './collectors/index.ts';
import { givenNames } from './collectors/nginx-names.ts';
import { pathsOf } from './config/resolve.ts';
import type { Config } from './config/schema.ts';
import type { EvidenceSource } from './contract/evidence.ts';
import type { MetricTable } from './contract/metrics.ts';
import { COLLECTOR_STATES } from './contract/names.ts';
import type { CollectorContext, CollectorUnit, Persistent, UnitConfig } from './contract/unit.ts';
import type { MetricRegistry } from './metrics/registry.ts';

type Unit = (typeof COLLECTORS)[number];
type AnyUnit = CollectorUnit<z.ZodType<UnitConfig>, MetricTable>;
type AnyCreate = Awaited<ReturnType<AnyUnit['load']>>;

/** By name: what makes each collector that is switched on. */
export type LoadedUnits = ReadonlyMap<string, AnyCreate>;

/** What a scrape, or another second, takes over: what was counted, unless that is more than can be judged within this time. */
export const TAKE_OVER_MS = 20;
const PREPARE_MS = 10;

/** Names that more than one unit declares. */
const SHARED = namesOfSeveral(COLLECTORS.map(({ metrics }) => metrics));

/** What every collector is given, beside its own metrics, where it looks and what gateways are called. */
export type SharedContext = Omit<CollectorContext<MetricTable>, 'metrics' | keyof Place>;

/** Of the configuration in force. */
type Place = Pick<CollectorContext<MetricTable>, 'paths' | 'names'>;

/** The collectors that are switched on, each in its harness. */
export class Units {
  readonly harnesses = new Map<string, Harness>();
  private readonly registry: MetricRegistry;
  private readonly shared: SharedContext;

  constructor(registry: MetricRegistry, shared: SharedContext) {
    this.registry = registry;
    this.shared = shared;
  }

  /** The code of those that are switched on. It may fail, as when the program was replaced meanwhile: the old ones still run then. */
  async load({ collectors }: Config): Promise<LoadedUnits> {
    const wanted = COLLECTORS.filter(({ name }) => collectors[name].enabled) as unknown as AnyUnit[];
    return new Map(await Promise.all(wanted.map(async (unit) => [unit.name, await unit.load()] as const)));
  }

  /** Makes them anew; the old ones must be stopped. */
  build(config: Config, loaded: LoadedUnits): void {
    this.harnesses.clear();
    const paths = pathsOf(config);
    const place = { paths, names: givenNames(config.collectors, paths, process.env) };
    for (const unit of COLLECTORS) {
      const own = config.collectors[unit.name];
      const create = loaded.get(unit.name);
      if (create !== undefined) this.harnesses.set(unit.name, this.buildOne(unit, { create, own, place }));
      else this.forget(unit);
    }
  }

  /** All that follow something have begun to; the first polls come with `run`. */
  async begin(): Promise<void> {
    await Promise.all([...this.harnesses.values()].map((harness) => harness.begin()));
  }

  /** Every collector has polled once, and goes on. */
  async run(): Promise<void> {
    await Promise.all([...this.harnesses.values()].map((harness) => harness.run()));
  }

  /** Verdicts wait for these: collectors that read them poll soon. */
  hurry(awaited: ReadonlySet<EvidenceSource>): void {
    if (awaited.size > 0) for (const harness of this.harnesses.values()) harness.hurry(awaited);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.harnesses.values()].map((harness) => harness.stop()));
  }

  /** Takes over what has been counted and can be counted again after a crash, for about so many milliseconds. True: all of it. */
  flush(mostMs = Number.POSITIVE_INFINITY): boolean {
    const untilMs = performance.now() + mostMs;
    let isAll = true;
    this.registry.countReplayable(() => {
      for (const { collector } of this.harnesses.values()) isAll = collector.flush?.(untilMs) !== false && isAll;
    });
    return isAll;
  }

  /** The metrics, with all that has been counted by then. */
  persistentMetrics(): Persistent {
    const part = this.registry.persistent();
    const save = () => {
      this.flush();
      return part.save();
    };
    return { ...part, save, prepare: () => this.flush(PREPARE_MS) };
  }

  /** True once all that existed at start has been counted. */
  caughtUp(): boolean {
    return ![...this.harnesses.values()].some(({ collector }) => collector.caughtUp?.() === false);
  }

  private buildOne(
    { name, metrics }: Unit,
    { create, own, place }: { readonly create: AnyCreate; readonly own: UnitConfig; readonly place: Place },
  ): Harness {
    const { clock, log } = this.shared;
    const context = { ...this.shared, ...place, metrics: this.registry.writers<MetricTable>(metrics) };
    return new Harness({
      name,
      collector: create(own, context),
      intervalMs: own.interval,
      writers: this.registry.writers(HARNESS_METRICS),
      resetGauges: this.gaugesOf(metrics),
      clock,
      log,
    });
  }

  /** A collector that is switched off says nothing, instead of its last word. */
  private forget({ name, metrics }: { readonly name: string; readonly metrics: MetricTable }): void {
    this.gaugesOf(metrics)();
    const { state, duration, lastSuccess } = this.registry.writers(HARNESS_METRICS);
    for (const one of COLLECTOR_STATES) state.remove({ collector: name, state: one });
    duration.remove({ collector: name });
    lastSuccess.remove({ collector: name });
  }

  /** What takes them away, called at every poll that finds nothing. Of a family that several units write each takes its own series away. */
  private gaugesOf(table: MetricTable): () => void {
    const own = Object.values(table).filter(({ type, name }) => type === 'gauge' && !SHARED.has(name));
    const families = own.flatMap(({ name }) => this.registry.get(name) ?? []);
    return () => {
      for (const family of families) family.reset();
    };
  }
}

function namesOfSeveral(tables: readonly MetricTable[]): ReadonlySet<string> {
  const names = tables.flatMap((table) => Object.values(table).map(({ name }) => name));
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}
