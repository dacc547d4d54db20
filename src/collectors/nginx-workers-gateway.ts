import type { Subject } from '../contract/metrics.ts';
import type { CollectorContext, Target } from '../contract/unit.ts';
import type { Condition } from '../contract/upstream.ts';
import { CRASH_SHOWN_MS, CrashHistory, drainingGenerations } from './nginx-workers-conditions.ts';
import { GENERATION_ORIGINS, type NGINX_WORKERS_METRICS, WORKER_STATES } from './nginx-workers-metrics.ts';
import { type GatewayTotals, type NginxReading, totalsOf } from './nginx-workers-totals.ts';

type Context = CollectorContext<typeof NGINX_WORKERS_METRICS>;

/** The series and conditions of one gateway. */
export class WorkersGateway {
  readonly name: string;
  state: Target['state'] = 'absent';
  detail = 'not read yet';
  isProportionalDenied = false;
  readonly #subject: Subject;
  readonly #context: Context;
  readonly #crashes = new CrashHistory();
  #seenMs = 0;

  constructor(subject: Subject, context: Context) {
    this.name = [subject.namespace, subject.pod, subject.gateway].filter(Boolean).join('/');
    this.#subject = subject;
    this.#context = context;
    const { generations, respawns } = context.metrics;
    for (const origin of GENERATION_ORIGINS) generations.inc({ ...subject, origin }, 0);
    respawns.inc(subject, 0);
  }

  /** Gauges must have been reset before. False: it has been gone for so long that nothing is told of it any more. */
  publish(readings: readonly NginxReading[], nowMs: number): boolean {
    if (readings.length === 0) return this.#endUnlessBack(nowMs);
    this.#seenMs = nowMs;
    this.state = 'ok';
    const totals = totalsOf(readings);
    this.isProportionalDenied = totals.isProportionalDenied;
    this.#setGauges(totals);
    for (const { ingressClass } of readings)
      if (ingressClass !== null) this.#context.metrics.classInfo.set({ ...this.#subject, ...ingressClass }, 1);
    for (const reading of readings) this.#count(reading, nowMs);
    const { running, shutting_down: draining } = totals.states;
    this.detail = `${this.name}: ${running.workers === 1 ? '1 worker runs' : `${running.workers} workers run`}, ${draining.workers} shut down`;
    const { isActive, evidence } = this.#crashes.judge(nowMs);
    this.#say('worker_crashed', isActive, evidence);
    const generations = Math.max(...readings.map(({ workers }) => drainingGenerations(workers)));
    this.#say(
      'worker_pileup',
      generations > 1,
      `${draining.workers} workers of ${generations} generations are shutting down`,
    );
    return true;
  }

  #setGauges({ states, oldestDrainingMs, fds, connections, held }: GatewayTotals): void {
    const { metrics } = this.#context;
    const subject = this.#subject;
    for (const state of WORKER_STATES) {
      const { workers, residentBytes, proportionalBytes } = states[state];
      metrics.workers.set({ ...subject, state }, workers);
      if (residentBytes !== null) metrics.memory.set({ ...subject, state, kind: 'rss' }, residentBytes);
      if (proportionalBytes !== null) metrics.memory.set({ ...subject, state, kind: 'pss' }, proportionalBytes);
    }
    if (oldestDrainingMs !== null) metrics.oldestStart.set(subject, oldestDrainingMs / 1000);
    if (fds !== null) metrics.openFds.set(subject, fds.used);
    if (fds !== null && fds.limit !== null) metrics.openFdsLimit.set(subject, fds.limit);
    if (connections !== null) metrics.connectionsUsed.set(subject, connections.used);
    if (connections !== null && connections.limit !== null) metrics.connectionsLimit.set(subject, connections.limit);
    if (held !== null) metrics.connectionsHeld.set(subject, held);
  }

  #count(reading: NginxReading, nowMs: number): void {
    const { generations, respawns } = this.#context.metrics;
    if (reading.succession !== null) generations.inc({ ...this.#subject, origin: reading.succession });
    if (reading.respawns > 0) respawns.inc(this.#subject, reading.respawns);
    this.#crashes.add(reading, nowMs);
    this.#tell(reading, nowMs);
  }

  #tell({ succession, respawns, workers, isConfigKnown }: NginxReading, nowMs: number): void {
    const { evidence } = this.#context;
    const about = { subject: this.#subject, service: '' };
    if (respawns > 0) {
      const count = respawns === 1 ? 'a worker' : `${respawns} workers`;
      const text = `${count} of nginx crashed and ${respawns === 1 ? 'was' : 'were'} started again`;
      // Its successor is there at once, and has stayed for a while when it is counted.
      const starts = startsOf(workers.filter(({ isRespawned }) => isRespawned));
      const atMs = starts.length === 0 ? nowMs : Math.min(nowMs, Math.max(...starts));
      evidence.changed({ kind: 'crash', atMs, text, ...about });
    }
    if (succession !== 'reload' || isConfigKnown) return;
    const atMs = Math.min(nowMs, ...startsOf(workers.filter(({ isDraining }) => !isDraining)));
    evidence.changed({ kind: 'reload', atMs, text: 'nginx reloaded', ...about });
  }

  /** Its counters stay for a while: mostly it is started again. */
  #endUnlessBack(nowMs: number): boolean {
    this.state = 'absent';
    this.detail = `${this.name}: its nginx has ended`;
    this.isProportionalDenied = false;
    this.end();
    this.#seenMs = Math.min(this.#seenMs, nowMs);
    if (nowMs - this.#seenMs < CRASH_SHOWN_MS) return true;
    this.forget();
    return false;
  }

  /** Nothing is left of it. */
  forget(): void {
    this.end();
    const { generations, respawns } = this.#context.metrics;
    for (const origin of GENERATION_ORIGINS) generations.remove({ ...this.#subject, origin });
    respawns.remove(this.#subject);
  }

  /** Nothing is known of it any more. */
  end(): void {
    for (const condition of ['worker_crashed', 'worker_pileup'] as const)
      this.#say(condition, null, 'the gateway is gone');
  }

  #say(condition: Condition, isActive: boolean | null, evidence: string): void {
    this.#context.conditions.condition({ condition, subject: this.#subject, isActive, evidence });
  }
}

function startsOf(workers: NginxReading['workers']): number[] {
  return workers.flatMap(({ startMs }) => (startMs === null ? [] : Math.round(startMs)));
}
