import type { Subject } from '../contract/metrics.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { Slices } from '../sources/node/slices.ts';
import { ProcessClock } from '../sources/process-clock.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { ingressClassOf } from './nginx-workers-controller.ts';
import { findNginx, settingsOf } from './nginx-workers-find.ts';
import { WorkersGateway } from './nginx-workers-gateway.ts';
import { countListeners } from './nginx-workers-listeners.ts';
import { type Look, NginxWorkers } from './nginx-workers-master.ts';
import type { NGINX_WORKERS_METRICS } from './nginx-workers-metrics.ts';
import type { NginxReading } from './nginx-workers-totals.ts';
import type { OwnPod } from './own-pod.ts';

type Context = CollectorContext<typeof NGINX_WORKERS_METRICS>;

/** A new master is found after so long; one that is lost or may have a successor is looked for at once. */
const LOOK_EVERY_MS = 30_000;

/** ngx_event_core_init_conf, src/event/ngx_event.c */
const DEFAULT_WORKER_CONNECTIONS = 512;

const PSS_DENIED =
  'not permitted to read PSS (smaps_rollup) of workers: needs CAP_SYS_PTRACE or their user; RSS is read without';

export class NginxWorkersCollector implements Collector {
  readonly #context: Context;
  readonly #own: OwnPod;
  readonly #proc: Procfs;
  #masters = new Map<string, NginxWorkers>();
  readonly #gateways = new Map<string, WorkersGateway>();
  #found: readonly string[] = [];
  #nextLookMs = 0;

  constructor(context: Context, own: OwnPod) {
    this.#context = context;
    this.#own = own;
    this.#proc = openProcfs(context.paths.proc);
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const nowMs = this.#context.clock.now();
    // A clock that was set back must not put it off.
    const isDue = nowMs >= this.#nextLookMs || nowMs < this.#nextLookMs - LOOK_EVERY_MS;
    if (isDue || ![...this.#masters.values()].every((master) => master.isAlive())) await this.#find(nowMs);
    const clock = new ProcessClock(this.#proc, () => this.#context.clock.now());
    const look = { nowMs, clock, slices: new Slices() };
    const readings = new Map<WorkersGateway, NginxReading[]>();
    const renamed = new Set<WorkersGateway>();
    for (const master of this.#masters.values()) {
      const { subject, reading } = await this.#read(master, look, signal);
      if (reading === null) continue;
      if (isBeingReplaced(reading)) this.#nextLookMs = nowMs;
      const gateway = this.#gatewayOf(subject);
      if (master.gateway !== null && master.gateway !== gateway) renamed.add(master.gateway);
      master.gateway = gateway;
      readings.set(gateway, [...(readings.get(gateway) ?? []), reading]);
    }
    const { generations: _, respawns: __, ...gauges } = this.#context.metrics;
    for (const gauge of Object.values(gauges)) gauge.reset();
    for (const [key, gateway] of this.#gateways) {
      const its = readings.get(gateway) ?? [];
      // What was told under another name was told of nobody else.
      if (its.length === 0 && renamed.has(gateway)) gateway.forget();
      else if (gateway.publish(its, nowMs)) continue;
      this.#gateways.delete(key);
    }
    return this.#conclude();
  }

  async #find(nowMs: number): Promise<void> {
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    const notes: string[] = [];
    const masters = new Map<string, NginxWorkers>();
    const onAwaited = () => {
      this.#nextLookMs = nowMs;
    };
    for (const master of await findNginx(this.#proc, { ...this.#context, own: this.#own, onAwaited }, notes)) {
      const key = `${master.pid}:${master.startTicks}`;
      const known = this.#masters.get(key);
      known?.follow(master);
      masters.set(key, known ?? new NginxWorkers(master, this.#proc));
    }
    if (masters.size === 0) notes.push('no running nginx master is visible');
    this.#masters = masters;
    this.#found = notes;
  }

  async #read(
    workers: NginxWorkers,
    look: Look,
    signal: AbortSignal,
  ): Promise<{ readonly subject: Subject; readonly reading: NginxReading | null }> {
    const { master } = workers;
    const settings = settingsOf(master, this.#context.settings);
    // A configured name comes before one that is found.
    const subject = settings?.subject ?? master.subject;
    const reading = await workers.read(look);
    if (reading === null) return { subject, reading };
    const isDraining = reading.workers.some((worker) => worker.isDraining);
    // In the node's network anybody may listen: there the configuration says it.
    const counted = master.isAlone && isDraining ? await countListeners(this.#proc, master.pid, signal) : null;
    // Of an nginx that is to quit the configuration does not say whether its master listens still.
    const isEnding = reading.workers.every((worker) => worker.isDraining);
    const listeners = counted ?? (isEnding ? null : (settings?.listens.length ?? null));
    const connectionsLimit = settings === null ? null : (settings.workerConnections ?? DEFAULT_WORKER_CONNECTIONS);
    const isConfigKnown = settings !== null;
    const ingressClass = ingressClassOf(this.#proc, master.pid);
    return { subject, reading: { ...reading, listeners, connectionsLimit, isConfigKnown, ingressClass } };
  }

  #gatewayOf(subject: Subject): WorkersGateway {
    const key = Object.values(subject).join('\xff');
    const known = this.#gateways.get(key);
    if (known !== undefined) return known;
    const gateway = new WorkersGateway(subject, this.#context);
    this.#gateways.set(key, gateway);
    return gateway;
  }

  #conclude(): Outcome {
    const alive = [...this.#gateways.values()].filter(({ state }) => state === 'ok');
    if (alive.length > 0) return { state: 'ok', detail: alive.map(({ detail }) => detail).join('; ') };
    return { state: 'absent', detail: this.#found.join('; ') || 'the nginx that was here has ended' };
  }

  stop(): void {
    for (const gateway of this.#gateways.values()) gateway.end();
    this.#gateways.clear();
  }

  targets(): readonly Target[] {
    return [...this.#gateways.values()].map(({ name, state, detail }) => ({ name, state, detail }));
  }

  notes(): readonly string[] {
    const isDenied = [...this.#gateways.values()].some(({ isProportionalDenied }) => isProportionalDenied);
    return isDenied ? [...this.#found, PSS_DENIED] : this.#found;
  }
}

/** Where all workers shut down, or processes come and go, there may be a new master: the binary is being upgraded. */
function isBeingReplaced({ workers }: NginxReading): boolean {
  const isUnsettled = workers.some(({ connections, openFds }) => connections === null && openFds !== null);
  return isUnsettled || workers.every(({ isDraining }) => isDraining);
}
