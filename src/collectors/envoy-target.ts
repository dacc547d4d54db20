import { setImmediate } from 'node:timers/promises';
import { counted } from '../contract/counted.ts';
import type { Observation } from '../contract/failure.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../contract/metrics.ts';
import type { CollectorState } from '../contract/names.ts';
import type { CollectorContext } from '../contract/unit.ts';
import type { GlobalStat } from '../parse/envoy-global-stats.ts';
import type { ServerInfo } from '../parse/envoy-server-info.ts';
import { type Base, formatBase } from '../sources/http-get.ts';
import { countAnswers, EXACT_CODES, publishAnswers } from './envoy-answers.ts';
import { sayEnvoyConditions } from './envoy-conditions.ts';
import { EnvoyDurations } from './envoy-durations.ts';
import type { Finding } from './envoy-failures.ts';
import { explainGlobals } from './envoy-globals.ts';
import { STAT } from './envoy-growth.ts';
import { ListenerSeries } from './envoy-listeners.ts';
import { EnvoyMemory } from './envoy-memory.ts';
import type { ENVOY_METRICS, PollFailure } from './envoy-metrics.ts';
import { ClustersAnswers, OwnAnswers } from './envoy-own-answers.ts';
import { EnvoyProcess, type ProcessName } from './envoy-process.ts';
import { EnvoyPublisher } from './envoy-publish.ts';
import { countDenied, RbacDenials } from './envoy-rbac.ts';
import { type EnvoyReading, readEnvoy, reasonOf } from './envoy-read.ts';
import { countSkips } from './envoy-skips.ts';
import { countRefusedCertificates } from './envoy-verify.ts';

export interface EnvoyLimits {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly histograms: boolean;
}

type Context = CollectorContext<typeof ENVOY_METRICS>;

const MAX_INTERVAL_MS = 300_000;
/** After so long the settling of a large Envoy gives other work its turn. */
const SLICE_MS = 10;

/** One Envoy: its requests (never two at once), its memory of counters, its series. */
export class EnvoyTarget {
  readonly base: Base;
  readonly subject: Subject;
  state: CollectorState = 'absent';
  detail = 'not polled yet';
  readonly #context: Context;
  readonly #limits: EnvoyLimits;
  readonly #memory = new EnvoyMemory();
  readonly #publisher: EnvoyPublisher;
  readonly #listeners: ListenerSeries;
  readonly #rbac = new RbacDenials();
  readonly #own = new OwnAnswers();
  readonly #process: EnvoyProcess;
  readonly #durations: EnvoyDurations;
  readonly #viewKey: string;
  #intervalMs: number;
  #nextPollMs = 0;
  #uptimeSeconds = 0;
  #uptimeAllSeconds = 0;
  #isHotRestart = false;
  #startMs = 0;
  /** When the poll before this one began: what grew has grown since. */
  #measuredMs: number;
  #measuredBeforeMs: number;

  constructor(base: Base, subject: Subject, deps: { context: Context; limits: EnvoyLimits }) {
    this.base = base;
    this.subject = subject;
    this.#context = deps.context;
    this.#limits = deps.limits;
    this.#intervalMs = deps.limits.intervalMs;
    this.#measuredBeforeMs = this.#measuredMs = deps.context.clock.now();
    this.#publisher = new EnvoyPublisher(deps.context.metrics, subject);
    this.#listeners = new ListenerSeries(deps.context.metrics, subject);
    this.#process = new EnvoyProcess(base, deps.context);
    this.#viewKey = `envoy ${this.name}`;
    this.#durations = new EnvoyDurations(deps.context, subject);
  }

  get name(): string {
    return formatBase(this.base);
  }

  isDue(): boolean {
    return this.#context.clock.now() >= this.#nextPollMs;
  }

  /** Polls once. Resolves also when Envoy does not answer (see `state`); rejects when cancelled or on a defect of ours. */
  async poll(signal: AbortSignal): Promise<void> {
    const { metrics, clock } = this.#context;
    const startedMs = clock.now();
    const started = performance.now();
    try {
      const histograms = this.#limits.histograms && this.#durations.isWanted;
      const wanted = { base: this.base, ...this.#limits, signal, nowMs: startedMs, histograms };
      const reading = await readEnvoy(this.#memory, wanted);
      for (const reason of reading.failures) metrics.pollErrors.inc({ ...this.subject, reason });
      if (this.state !== 'ok') this.#context.sink.present('envoy', this.subject, 'stats', startedMs);
      const { fileFlushMs } = reading.server;
      if (fileFlushMs !== null) this.#context.sink.lags?.('envoy', this.subject, 'written', fileFlushMs);
      this.#schedule(startedMs, reading.slowestMs);
      const isWhole = this.#applyRestart(reading.server, performance.now() - started);
      if (isWhole) for (const gone of this.#memory.forgetVanished()) this.#publisher.hideCluster(gone);
      // Before what failed: verdicts rest on what it uses now, and the settling gives them their turn.
      this.#reportUpstreams(startedMs, await this.#process.find(reading.server));
      if (isWhole) await this.#settle(reading);
      this.#measuredBeforeMs = this.#measuredMs;
      this.#measuredMs = startedMs;
      this.#context.sink.read?.('envoy', this.subject, 'stats', startedMs);
      metrics.up.set(this.subject, 1);
      metrics.pollDuration.set(this.subject, (performance.now() - started) / 1000);
      metrics.pollSize.set(this.subject, reading.bytes);
      this.state = 'ok';
      this.detail = `Envoy ${reading.server.version} ${reading.server.state.toLowerCase()}, ${counted(this.#memory.clusters.size, 'cluster')} as gateway ${this.subject.gateway}`;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === null) throw error;
      this.#schedule(startedMs, reason === 'timeout' || reason === 'too_large' ? Number.POSITIVE_INFINITY : 0);
      this.#fail(reason, error as Error);
    }
  }

  /** What the running Envoy uses. When it does not answer, its last word ages. */
  #reportUpstreams(readAtMs: number, process?: ProcessName): void {
    const upstreams = [...this.#memory.clusters.values()].map(({ inUse }) => inUse);
    const { subject } = this;
    const view = { proxy: 'envoy', subject, source: 'envoy', upstreams, readAtMs } as const;
    this.#context.upstreams.report(this.#viewKey, process === undefined ? view : { ...view, process });
  }

  #fail(reason: PollFailure, error: Error): void {
    const { metrics } = this.#context;
    this.#hide();
    metrics.up.set(this.subject, 0);
    metrics.pollErrors.inc({ ...this.subject, reason });
    this.state = reason === 'not_permitted' ? 'not_permitted' : 'failed';
    this.detail = error.message;
  }

  /** Twice the time between polls while an answer takes over half the timeout: Envoy's main thread also handles its configuration. */
  #schedule(startedMs: number, slowestMs: number): void {
    const { intervalMs, timeoutMs } = this.#limits;
    const isSlow = slowestMs > timeoutMs / 2;
    const longest = Math.max(MAX_INTERVAL_MS, intervalMs);
    this.#intervalMs = isSlow ? Math.min(this.#intervalMs * 2, longest) : intervalMs;
    // The harness ticks every interval, not to the millisecond.
    this.#nextPollMs = isSlow ? startedMs + this.#intervalMs - intervalMs / 2 : 0;
    this.#context.metrics.pollInterval.set(this.subject, this.#intervalMs / 1000);
  }

  async #settle(reading: EnvoyReading): Promise<void> {
    const { server, skips } = reading;
    const memory = this.#memory;
    const codes = { '502': 0, '503': 0, '504': 0 };
    const clusters = new ClustersAnswers();
    memory.weighClients();
    let sliceStart = performance.now();
    for (const cluster of memory.clusters.values()) {
      const { stats, findings, ...given } = memory.measureCluster(cluster);
      clusters.add(cluster, stats, given);
      for (const finding of findings) this.#observe(finding, cluster.name, cluster.alias);
      countRefusedCertificates(this.#context.metrics, { ...this.subject, upstream: cluster.name }, stats);
      for (const code of EXACT_CODES) codes[code] += stats[STAT[`upstream_rq_${code}`]];
      this.#publisher.showCluster(cluster, memory.rowOf(cluster));
      if (performance.now() - sliceStart < SLICE_MS) continue;
      await setImmediate();
      sliceStart = performance.now();
    }
    const { values, growths, named } = memory.measureGlobals();
    const denied = this.#rbac.measure(named);
    for (const finding of explainGlobals(growths, denied)) this.#observe(finding, '');
    const isLogged = this.#context.traffic.isFollowed('envoy', this.subject);
    const own = this.#own.explain({ growths, ofClusters: clusters.errors, isLogged });
    if (!clusters.isHidden) for (const finding of own) this.#observe(...clusters.place(finding));
    countDenied(this.#context.metrics, this.subject, denied);
    const listenersLeft = this.#listeners.show(named);
    publishAnswers(this.#context, this.subject, countAnswers(growths, codes));
    this.#durations.settle(reading.histograms, memory, server.uptimeSeconds);
    this.#showServer(reading, values);
    countSkips(this.#context.metrics, this.subject, skips, { listeners: listenersLeft, memory });
  }

  /** Adjusts what the next growth is measured from; false when the first answers of this poll were an older process's. */
  #applyRestart(server: ServerInfo, elapsedMs: number): boolean {
    const { uptimeSeconds, uptimeAllSeconds } = server;
    const isCold = uptimeAllSeconds < this.#uptimeAllSeconds;
    const isNext = !isCold && uptimeSeconds < this.#uptimeSeconds;
    this.#isHotRestart = !isCold && (this.#isHotRestart || isNext);
    this.#uptimeSeconds = uptimeSeconds;
    this.#uptimeAllSeconds = uptimeAllSeconds;
    if (isCold) this.#memory.restart();
    if (isCold || isNext) this.#rbac.restart();
    if (isCold || isNext) this.#tellRestart(server, isCold);
    if ((isCold || this.#isHotRestart) && uptimeSeconds * 1000 <= elapsedMs) return false;
    if (this.#isHotRestart) this.#memory.hotRestart();
    this.#isHotRestart = false;
    return true;
  }

  #tellRestart({ uptimeSeconds, restartEpoch }: ServerInfo, isCold: boolean): void {
    const epoch = restartEpoch === null ? '' : `, epoch ${restartEpoch}`;
    this.#context.evidence.changed({
      ...{ kind: 'restart', subject: this.subject, service: '' },
      atMs: this.#context.clock.now() - uptimeSeconds * 1000,
      text: isCold ? 'Envoy restarted' : `Envoy restarted hot${epoch}`,
    });
  }

  #showServer(reading: EnvoyReading, values: ReadonlyMap<GlobalStat, number>): void {
    const startMs = this.#context.clock.now() - reading.server.uptimeSeconds * 1000;
    // Uptime is in whole seconds: keep the first estimate until it is clearly another start.
    if (Math.abs(startMs - this.#startMs) > 2000) this.#startMs = startMs;
    this.#publisher.showServer(reading.server, Math.round(this.#startMs / 1000));
    this.#publisher.showGlobals(values);
    this.#publisher.showCertificates(reading.certificates);
    const { certificates } = reading;
    const state = { connected: values.get('connected_state'), certificates, nowMs: this.#context.clock.now() };
    sayEnvoyConditions(this.#context.conditions, this.subject, state);
  }

  #observe({ host, isLate = false, ...told }: Finding, upstream: string, alias = ''): void {
    const peer = host && { scheme: host.scheme, address: host.address, port: host.port };
    if (peer !== null && host?.hasAnswered) this.#context.traffic.answered?.(peer);
    const observation: Observation = {
      ...{ proxy: 'envoy', subject: this.subject, ...told },
      ...(alias === '' ? {} : { upstreamAlias: alias }),
      peer,
      upstream: { ...UNKNOWN_UPSTREAM, upstream },
      sinceMs: isLate ? this.#measuredBeforeMs : this.#measuredMs,
      atMs: this.#context.clock.now(),
    };
    this.#context.sink.observe(observation);
  }

  #hide(): void {
    this.#publisher.hideAll(this.#memory.clusters.values());
    this.#listeners.hide();
    sayEnvoyConditions(this.#context.conditions, this.subject, null);
  }

  /** Takes the target's gauges away. */
  close(): void {
    this.#context.upstreams.remove(this.#viewKey);
    this.#hide();
    this.#context.metrics.up.remove(this.subject);
    this.#context.metrics.pollInterval.remove(this.subject);
  }
}
