import { CheckpointRelay } from './checkpoint-relay.ts';
import type { LoadedConfig } from './config/load.ts';
import { checkpointDirectory, needsRestart, pathsOf } from './config/resolve.ts';
import type { Config } from './config/schema.ts';
import { gauge, type MetricTable, UNKNOWN_UPSTREAM, type Writers } from './contract/metrics.ts';
import { durationBounds, TRAFFIC_METRICS } from './contract/traffic.ts';
import type { Clock, Logger } from './contract/unit.ts';
import { metricsSource } from './exposition.ts';
import { AnsweredPeers } from './facts/answered-peers.ts';
import { HTTP_METRICS } from './http/http-metrics.ts';
import { createServers, type Servers } from './http/servers.ts';
import type { ReloadResult } from './http/views.ts';
import { IncidentDesk } from './incident-desk.ts';
import { Judging } from './judging.ts';
import { MetricHistory } from './metrics/history.ts';
import { NETWORK_METRICS } from './metrics/networks.ts';
import { MetricRegistry } from './metrics/registry.ts';
import { TrafficAccounts } from './metrics/traffic.ts';
import { Checkpoint } from './sources/checkpoint.ts';
import { EarliestTimer } from './sources/earliest-timer.ts';
import { NodeWatch } from './sources/node/node-watch.ts';
import { SharedTimer } from './sources/shared-timer.ts';
import { statusSource } from './status.ts';
import { Truth } from './truth.ts';
import { TAKE_OVER_MS, Units } from './units.ts';
import { UpstreamReports } from './upstream-report.ts';

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

/** Between two moments at which what was counted is taken over and looked at. */
const BEAT_MS = 1_000;

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
  readonly startedMs = Date.now();
  readonly units: Units;
  readonly truth: Truth;
  readonly judging: Judging;
  readonly incidents: IncidentDesk;
  readonly history: MetricHistory;
  readonly reports: UpstreamReports;
  readonly traffic: TrafficAccounts;
  readonly log: Logger;
  readonly version: string;
  loaded: LoadedConfig;
  lastReload: { readonly ok: boolean; readonly atMs: number } | undefined;
  readonly clock: Clock = { now: () => Date.now() };
  private readonly relay: CheckpointRelay;
  readonly own: Writers<typeof APP_METRICS>;
  readonly networks: Writers<typeof NETWORK_METRICS>;
  readonly node: NodeWatch;
  private readonly options: AppOptions;
  private readonly servers: Servers;
  private reloading: Promise<ReloadResult> | undefined;
  private readonly started = Promise.withResolvers<void>();
  private readonly wakeUps = new SharedTimer('weak');
  private readonly beating = new EarliestTimer(() => this.beat(), this.wakeUps);

  constructor(options: AppOptions) {
    this.options = options;
    this.loaded = options.loaded;
    this.log = options.log;
    this.version = options.version;
    const bounds = durationBounds(this.config.traffic.duration_buckets);
    this.registry = new MetricRegistry(this.clock, this.config.series_limit, bounds);
    this.registry.collectProcessMetrics(this.wakeUps);
    this.own = this.registry.writers(APP_METRICS);
    this.checkpoint = new Checkpoint({
      directory: checkpointDirectory(this.config, process.env),
      clock: this.clock,
      log: this.log,
      intervalMs: this.config.checkpoint.interval,
      wakeUps: this.wakeUps,
    });
    this.relay = new CheckpointRelay(this.checkpoint);
    const answered = new AnsweredPeers(this.clock);
    this.truth = new Truth({
      config: this.config.upstreams,
      clock: this.clock,
      registry: this.registry,
      checkpoint: this.relay,
      hasPending: (...failures) => this.judging.engine.hasPending(...failures),
      answered,
    });
    this.judging = this.createJudging();
    this.incidents = new IncidentDesk({ registry: this.registry, clock: this.clock, truth: this.truth });
    this.history = new MetricHistory(this.registry, this.clock);
    const { stale_after: staleAfterMs } = this.config.upstreams;
    this.reports = new UpstreamReports({ truth: this.truth, clock: this.clock, staleAfterMs });
    const { facts } = this.truth;
    this.traffic = new TrafficAccounts(
      this.registry.writers(TRAFFIC_METRICS),
      (proxy, subject, peer, upstream) =>
        facts.upstream({ proxy, subject, peer, upstream: { ...UNKNOWN_UPSTREAM, upstream } }),
      (peer) => answered.answered(peer),
    );
    this.networks = this.registry.writers(NETWORK_METRICS);
    this.networks.skipped.inc({ reason: 'limit' }, 0);
    this.node = this.createNode();
    this.units = this.createUnits();
    this.servers = this.createServers();
  }

  get config(): Config {
    return this.loaded.config;
  }

  async start(): Promise<void> {
    this.own.build.set({ version: this.version, node: process.version }, 1);
    this.own.reloaded.set({}, 1);
    this.units.build(this.config, await this.units.load(this.config));
    // After the units: families must exist before their counters come back.
    this.relay.register('metrics', this.units.persistentMetrics());
    this.judging.register(this.relay);
    this.incidents.register(this.relay);
    await this.checkpoint.open();
    await this.servers.start();
    const { metrics, page } = this.servers.addresses();
    this.log.info({ version: this.version, config: this.loaded.source, metrics, page }, 'badgateway is listening');
    await this.units.begin();
    // Saves where logs were begun: without that a crash during the first polls would lose what came meanwhile.
    this.checkpoint.start();
    await this.units.run();
    this.started.resolve();
    this.judging.start();
    this.beating.by(performance.now() + BEAT_MS);
    this.history.start();
  }

  async stop(): Promise<void> {
    this.beating.stop();
    this.history.stop();
    await this.units.stop();
    this.judging.stop();
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
    // Two sets of collectors would read and count the same.
    await this.started.promise;
    try {
      const loaded = this.options.reload();
      const code = await this.units.load(loaded.config);
      await this.units.stop();
      const restart = needsRestart(this.config, loaded.config);
      this.loaded = loaded;
      this.units.build(this.config, code);
      await this.units.begin();
      await this.units.run();
      const also = restart.length === 0 ? '' : `; restart to apply ${restart.join(', ')}`;
      return this.reloaded(true, `configuration reloaded${also}`);
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

  private createNode(): NodeWatch {
    return new NodeWatch({
      ...{ paths: () => pathsOf(this.config), clock: this.clock },
      upstreamAddresses: () => this.truth.upstreamAddresses(),
      ...{ podByUid: (uid: string) => this.truth.podByUid(uid), isClusterAsked: () => this.truth.cluster.isOffered() },
      onLeftOut: (count) => this.networks.skipped.inc({ reason: 'limit' }, count),
    });
  }

  private beat(): void {
    this.beating.by(performance.now() + BEAT_MS);
    this.units.flush(TAKE_OVER_MS);
    this.truth.beat();
    this.incidents.beat();
  }

  private createUnits(): Units {
    const { clock, log, node, traffic, relay: checkpoint, wakeUps } = this;
    const sink = this.judging.sink();
    return new Units(this.registry, { ...this.truth.sinks(), sink, traffic, node, clock, log, checkpoint, wakeUps });
  }

  private createJudging(): Judging {
    const { registry, clock, log } = this;
    return new Judging({
      ...{ registry, clock, facts: this.truth.facts },
      isLogFollowed: (proxy, subject) => this.traffic.wasFollowed(proxy, subject),
      heard: (observation) => this.truth.observe(observation),
      onVerdict: (verdict) => this.incidents.verdict(verdict),
      onWait: (awaited) => this.units.hurry(awaited),
      onRuleError: (cause, error) => log.error({ cause, error: String(error) }, 'the rule of a cause failed'),
    });
  }

  private createServers(): Servers {
    const { listen, web } = this.config;
    return createServers({
      metricsSource: metricsSource(this),
      statusSource: statusSource(this),
      listen,
      writers: this.registry.writers(HTTP_METRICS),
      log: this.log,
      ...(web.config_file === '' ? {} : { webConfig: web.config_file }),
      ...(web.enable_reload ? { reload: () => this.reload() } : {}),
    });
  }
}
