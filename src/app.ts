import type * as z from 'zod';
import { judge } from './causes/index.ts';
import { CheckpointRelay } from './checkpoint-relay.ts';
import { HARNESS_METRICS, Harness } from './collectors/harness.ts';
import { COLLECTORS } from './collectors/index.ts';
import type { LoadedConfig } from './config/load.ts';
import { checkpointDirectory, needsRestart, pathsOf } from './config/resolve.ts';
import type { Config } from './config/schema.ts';
import type { MetricTable, Writers } from './contract/metrics.ts';
import { gauge } from './contract/metrics.ts';
import { COLLECTOR_STATES } from './contract/names.ts';
import type { Clock, CollectorContext, CollectorUnit, Logger, UnitConfig } from './contract/unit.ts';
import { HTTP_METRICS } from './http/http-metrics.ts';
import { createServers, type Servers } from './http/servers.ts';
import type { MetricsSource, ReloadResult } from './http/views.ts';
import { FAILURE_METRICS, FailureAccounts } from './metrics/failures.ts';
import { CONTENT_TYPES, MetricRegistry } from './metrics/registry.ts';
import { VerdictLog } from './metrics/verdict-log.ts';
import { Checkpoint } from './sources/checkpoint.ts';
import { reportStatus } from './status.ts';

export const APP_METRICS = {
  build: gauge('badgateway_build_info', 'Version of the running badgateway; always 1.', ['version', 'node']),
  reloaded: gauge(
    'badgateway_config_last_reload_successful',
    'Whether the configuration file, as last read, is in force.',
    [],
  ),
  checkpoint: gauge(
    'badgateway_checkpoint_last_save_successful',
    'Whether offsets and counters could last be saved; 0: a restart starts anew.',
    [],
  ),
} as const satisfies MetricTable;

/** /metrics answers 503 while the tail catches up, but no longer than this. */
const LONGEST_CATCH_UP_MS = 10_000;
type AnyUnit = CollectorUnit<z.ZodType<UnitConfig>, MetricTable>;

export interface AppOptions {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again; throws ConfigError. */
  readonly reload: () => LoadedConfig;
  readonly log: Logger;
  readonly version: string;
}

/** The only place that wires: sources → parse → collectors → facts → causes → metrics → http. */
export class App {
  readonly registry: MetricRegistry;
  readonly checkpoint: Checkpoint;
  readonly verdicts = new VerdictLog();
  readonly startedMs = Date.now();
  readonly harnesses = new Map<string, Harness>();
  readonly log: Logger;
  readonly version: string;
  loaded: LoadedConfig;
  lastReload: { readonly ok: boolean; readonly atMs: number } | undefined;
  private readonly options: AppOptions;
  private readonly clock: Clock = { now: () => Date.now() };
  private readonly relay: CheckpointRelay;
  private readonly accounts: FailureAccounts;
  private readonly own: Writers<typeof APP_METRICS>;
  private readonly servers: Servers;
  private reloading: Promise<ReloadResult> | undefined;

  constructor(options: AppOptions) {
    this.options = options;
    this.loaded = options.loaded;
    this.log = options.log;
    this.version = options.version;
    this.registry = new MetricRegistry(this.clock, this.config.series_limit);
    this.registry.collectProcessMetrics();
    this.own = this.registry.writers(APP_METRICS);
    this.checkpoint = new Checkpoint({
      directory: checkpointDirectory(this.config, process.env),
      clock: this.clock,
      log: this.log,
      intervalMs: this.config.checkpoint.interval,
    });
    this.relay = new CheckpointRelay(this.checkpoint);
    this.accounts = new FailureAccounts({
      writers: this.registry.writers(FAILURE_METRICS),
      judge,
      onVerdict: (failure) => this.verdicts.add(failure),
    });
    this.servers = this.createServers();
  }

  get config(): Config {
    return this.loaded.config;
  }

  async start(): Promise<void> {
    this.own.build.set({ version: this.version, node: process.version }, 1);
    this.own.reloaded.set({}, 1);
    this.build();
    // After the units: families must exist before their counters come back.
    this.relay.register('metrics', this.persistentMetrics());
    this.checkpoint.load();
    await this.servers.start();
    const { metrics, page } = this.servers.addresses();
    this.log.info({ version: this.version, config: this.loaded.source, metrics, page }, 'badgateway is listening');
    await this.startCollectors();
    this.checkpoint.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.harnesses.values()].map((harness) => harness.stop()));
    await this.checkpoint.stop();
    await this.servers.stop();
  }

  addresses(): ReturnType<Servers['addresses']> {
    return this.servers.addresses();
  }

  /** Reads the configuration again; a bad one changes nothing. One at a time. */
  reload(): Promise<ReloadResult> {
    this.reloading ??= this.reloadOnce().finally(() => {
      this.reloading = undefined;
    });
    return this.reloading;
  }

  private async reloadOnce(): Promise<ReloadResult> {
    try {
      const loaded = this.options.reload();
      await Promise.all([...this.harnesses.values()].map((harness) => harness.stop()));
      const restart = needsRestart(this.config, loaded.config);
      this.loaded = loaded;
      this.build();
      await this.startCollectors();
      const message =
        restart.length === 0
          ? 'configuration reloaded'
          : `configuration reloaded; restart to apply ${restart.join(', ')}`;
      return this.reloaded(true, message);
    } catch (error) {
      return this.reloaded(false, (error as Error).message);
    }
  }

  private reloaded(ok: boolean, message: string): ReloadResult {
    this.lastReload = { ok, atMs: this.clock.now() };
    this.own.reloaded.set({}, ok ? 1 : 0);
    if (ok) this.log.info({ config: this.loaded.source }, message);
    else this.log.error({ problem: message }, 'configuration not reloaded, the old one stays in force');
    return { ok, message };
  }

  private build(): void {
    this.harnesses.clear();
    for (const unit of COLLECTORS) {
      const config = this.config.collectors[unit.name];
      if (config.enabled) this.harnesses.set(unit.name, this.buildOne(unit as unknown as AnyUnit, config));
      else this.forget(unit);
    }
  }

  private buildOne(unit: AnyUnit, config: UnitConfig): Harness {
    const context: CollectorContext<MetricTable> = {
      metrics: this.registry.writers(unit.metrics),
      sink: this.accounts,
      clock: this.clock,
      log: this.log,
      paths: pathsOf(this.config),
      checkpoint: this.relay,
    };
    return new Harness({
      name: unit.name,
      collector: unit.create(config, context),
      intervalMs: config.interval,
      writers: this.registry.writers(HARNESS_METRICS),
      resetGauges: () => this.resetGauges(unit.metrics),
      clock: this.clock,
      log: this.log,
    });
  }

  /** A collector that is switched off says nothing, instead of its last word. */
  private forget({ name, metrics }: { readonly name: string; readonly metrics: MetricTable }): void {
    this.resetGauges(metrics);
    const { state, duration, lastSuccess } = this.registry.writers(HARNESS_METRICS);
    for (const one of COLLECTOR_STATES) state.remove({ collector: name, state: one });
    duration.remove({ collector: name });
    lastSuccess.remove({ collector: name });
  }

  private resetGauges(table: MetricTable): void {
    for (const declaration of Object.values(table)) {
      if (declaration.type === 'gauge') this.registry.get(declaration.name)?.reset();
    }
  }

  private async startCollectors(): Promise<void> {
    await Promise.all([...this.harnesses.values()].map((harness) => harness.start()));
  }

  private flush(): void {
    for (const { collector } of this.harnesses.values()) collector.flush?.();
  }

  private persistentMetrics() {
    const part = this.registry.persistent();
    return {
      ...part,
      save: () => {
        this.flush();
        return part.save();
      },
    };
  }

  private createServers(): Servers {
    const { listen, web } = this.config;
    return createServers({
      metricsSource: this.metricsSource(),
      statusSource: { status: () => reportStatus(this) },
      listen,
      writers: this.registry.writers(HTTP_METRICS),
      log: this.log,
      ...(web.config_file === '' ? {} : { webConfig: web.config_file }),
      ...(web.enable_reload ? { reload: () => this.reload() } : {}),
    });
  }

  private metricsSource(): MetricsSource {
    return {
      render: async (format, scraper) => {
        this.flush();
        this.own.checkpoint.set({}, this.checkpoint.state().ok ? 1 : 0);
        const body = await this.registry.render(format, scraper);
        return { contentType: CONTENT_TYPES[format], body, release: () => this.registry.recycle(body) };
      },
      ready: () => ({ ready: true, reason: 'configuration loaded' }),
      catchingUp: () => this.catchingUp(),
    };
  }

  private catchingUp(): string | null {
    if (this.clock.now() - this.startedMs > LONGEST_CATCH_UP_MS) return null;
    const behind = [...this.harnesses.values()].some(({ collector }) => collector.caughtUp?.() === false);
    return behind ? 'the logs written before the start are still being read' : null;
  }
}
