import type * as z from 'zod';
import type { ClusterSink } from './cluster.ts';
import type { EvidenceSink, EvidenceSource } from './evidence.ts';
import type { ObservationSink } from './failure.ts';
import type { GatewayNames } from './gateway-names.ts';
import type { GatewaySettingsBoard } from './gateway-settings.ts';
import type { ListenerSink } from './listener.ts';
import type { MetricTable, Writers } from './metrics.ts';
import type { CollectorState } from './names.ts';
import type { NodeView } from './node.ts';
import type { TrafficSink } from './traffic.ts';
import type { AddressSink, ConditionSink, UpstreamSink } from './upstream.ts';
import type { WorkloadView } from './workloads.ts';

/** Injected time; tests step it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Constant sentence plus fields. */
export interface Logger {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** One thing that a collector watches, for the status page. `name` is escaped by the page; no credentials in it. */
export interface Target {
  readonly name: string;
  readonly state: CollectorState;
  readonly detail: string;
}

/** How a poll ended. To fail, throw: the harness logs it once and retries with back-off. */
export interface Outcome {
  readonly state: Exclude<CollectorState, 'failed'>;
  /** One sentence for the page and the log: what was found, or why not and what to do. */
  readonly detail: string;
}

/** State that must survive a restart together with the log offsets (one atomic checkpoint file). */
export interface Persistent {
  /** JSON value. */
  save(): unknown;
  /**
   * True when a crash now would lose for good what has changed since the last `save`; what can be read and counted again may
   * wait for some seconds.
   */
  isUrgent?(): boolean;
  /** Called before `save` while nobody waits for it: does some milliseconds of what `save` would have to do. False: there is more. */
  prepare?(): boolean;
  /**
   * Called before the first `prepare`: until `letGo` nothing comes that `save` would have to take in, so that a save that takes several turns comes to its
   * end.
   */
  hold?(): void;
  letGo?(): void;
  /** Gets what `save` returned in an earlier run; must tolerate anything. */
  restore(saved: unknown): void;
}

export interface CheckpointRegistry {
  register(name: string, part: Persistent): void;
}

export interface Paths {
  /** Directory like /proc; `/host/proc` in the agent. */
  readonly proc: string;
  /** The root under which the host's files are seen, '' for the process's own. */
  readonly root: string;
}

/** Runs several things in one wake-up of the processor. */
export interface WakeUps {
  /**
   * Runs it once at `latestMs` of performance.now(), or less than a second earlier, when others run: one that waits for more than
   * 240 ms up to 240 ms earlier. The last word on the same function counts. `lateMs`: by how much the wake-up came too late.
   */
  at(run: (lateMs: number) => void, latestMs: number): void;
  cancel(run: (lateMs: number) => void): void;
}

export interface CollectorContext<T extends MetricTable> {
  readonly metrics: Writers<T>;
  readonly sink: ObservationSink;
  readonly traffic: TrafficSink;
  readonly upstreams: UpstreamSink;
  readonly addresses: AddressSink;
  readonly cluster: ClusterSink;
  readonly node: NodeView;
  readonly settings: GatewaySettingsBoard;
  /** Not there: nobody has given a name, or we are in a pod. */
  readonly names?: GatewayNames | undefined;
  readonly listeners: ListenerSink;
  readonly conditions: ConditionSink;
  readonly evidence: EvidenceSink;
  /** Not there: nobody puts it together, as in a demo. */
  readonly workloads: WorkloadView;
  readonly clock: Clock;
  readonly log: Logger;
  readonly paths: Paths;
  readonly checkpoint: CheckpointRegistry;
  /** What recurs within a second. Not there: a timer of one's own. */
  readonly wakeUps?: WakeUps;
}

export interface Collector {
  /** Verdicts wait for what it reads, now or at some time: it is polled at once when one does, but not more than once in two seconds. */
  readonly answersDoubts?: EvidenceSource | null;
  /** What there is to read was not known at its first polls, which came before others had begun: the next one comes within two seconds. */
  readonly isEarly?: boolean;
  /** Called by the harness every `interval`, never twice at once. Must end soon after `signal` aborts. */
  poll(signal: AbortSignal): Promise<Outcome> | Outcome;
  /** Before the first poll. */
  start?(): Promise<void> | void;
  /** Drain and release. */
  stop?(): Promise<void> | void;
  targets?(): readonly Target[];
  /** What discovery found, and what not and why, in sentences. */
  notes?(): readonly string[];
  /** False while what existed at start is not counted yet: /metrics waits for it. */
  caughtUp?(): boolean;
  /**
   * Takes in what its sources hold by now, within some milliseconds, and hands over what it has counted since: what it observes lies between
   * this call and the one before. Called every second, and before every scrape and checkpoint. Only for what is read again after a crash: it
   * does not hurry the checkpoint. At `untilMs` (`performance.now()`) it stops, and the next call goes on. True: all is handed over.
   */
  flush?(untilMs?: number): boolean;
}

/** The part of every unit's configuration that the harness reads. Intervals are milliseconds after parsing. */
export interface UnitConfig {
  readonly enabled: boolean;
  readonly interval: number;
}

/** Makes the collector of a unit. */
export type CreateCollector<S extends z.ZodType<UnitConfig>, T extends MetricTable> = (
  config: z.output<S>,
  context: CollectorContext<T>,
) => Collector;

/** One collector as data: its file and that of what it does, one test, one doc page, one line in collectors/index.ts. */
export interface CollectorUnit<S extends z.ZodType<UnitConfig>, T extends MetricTable, N extends string = string> {
  /** The one word for config key, label value, file (with dashes), test and page. */
  readonly name: N;
  readonly summary: string;
  /** Made anew each time: it is needed when a configuration is read, and those of all collectors are 1.2 MB. */
  readonly schema: S;
  readonly metrics: T;
  /** Imports what does the work: code of a collector that is switched off is not loaded. */
  load(): Promise<CreateCollector<S, T>>;
}

interface UnitDefinition<S extends z.ZodType<UnitConfig>, T extends MetricTable, N extends string>
  extends Omit<CollectorUnit<S, T, N>, 'schema'> {
  schema(): S;
}

/** Keeps the literal types of a unit while checking its shape. */
export function defineCollector<S extends z.ZodType<UnitConfig>, const T extends MetricTable, const N extends string>(
  unit: UnitDefinition<S, T, N>,
): CollectorUnit<S, T, N> {
  return {
    ...unit,
    get schema() {
      return unit.schema();
    },
  };
}
