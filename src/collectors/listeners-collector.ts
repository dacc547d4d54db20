import type { NodeLook, NodeNetwork } from '../contract/node.ts';
import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import type { ListenersConfig } from './listeners.ts';
import { SeenTwice } from './listeners-conditions.ts';
import { GatewayPorts } from './listeners-gateways.ts';
import { type LISTENERS_METRICS, SKIP_REASONS } from './listeners-metrics.ts';
import { portsOf } from './listeners-ports.ts';
import { describePorts, publishPorts } from './listeners-publish.ts';
import { isWholeRead, type ListenersRead, socketsOf } from './listeners-read.ts';
import { ListenerReports } from './listeners-reports.ts';
import { ListenerRounds, type Seen } from './listeners-rounds.ts';
import { Sidecars, sidecarOf } from './listeners-sidecars.ts';
import { readSomaxconn } from './listeners-somaxconn.ts';
import { WantedLook } from './listeners-wanted.ts';
import { notesOf, type Watched, type WatchOptions, watchedOf } from './listeners-watch.ts';
import type { OwnPod } from './own-pod.ts';

type Context = CollectorContext<typeof LISTENERS_METRICS>;

const LOOK_AGE_MS = 15_000;

/** Where an address is changes seldom; the rounds of all collectors keep the look younger. */
const OLDEST_LOOK_MS = 30_000;

/** So many intervals a look says what listens. */
const GOOD_FOR = 3;

/** Of the interval: so much CPU the networks of backends may take. */
const CPU_SHARE = 0.005;

/** By then the gateways' upstreams are known. A port that closes before it was ever seen to listen looks like one that never did. */
const EARLY_MS = 15_000;

/** Of the interval: a poll that comes sooner after a round of all networks was hurried, and is not one. */
const ROUND_SHARE = 0.6;

export class ListenersCollector implements Collector {
  readonly #config: ListenersConfig;
  readonly #context: Context;
  readonly #own: OwnPod;
  readonly #proc: Procfs;
  readonly #notListening: SeenTwice;
  readonly #sidecarDown: SeenTwice;
  readonly #gateways: GatewayPorts;
  readonly #sidecars: Sidecars;
  readonly #rounds: ListenerRounds;
  readonly #reports: ListenerReports;
  readonly #wanted: WantedLook;
  /** The first poll. */
  #beganMs: number | undefined;
  #hasBackends = false;
  /** The last round of all networks, and what it found. */
  #roundMs = Number.NEGATIVE_INFINITY;
  #outcome: Outcome = { state: 'absent', detail: 'not read yet' };
  #targets: readonly Target[] = [];
  #notes: readonly string[] = [];

  constructor(config: ListenersConfig, context: Context, own: OwnPod) {
    this.#config = config;
    this.#context = context;
    this.#own = own;
    this.#proc = openProcfs(context.paths.proc);
    this.#notListening = new SeenTwice('gateway_not_listening', context.conditions);
    this.#sidecarDown = new SeenTwice('sidecar_down', context.conditions);
    this.#gateways = new GatewayPorts(this.#proc, config.expected_ports, this.#notListening);
    this.#sidecars = new Sidecars(this.#proc);
    this.#rounds = new ListenerRounds(this.#proc);
    this.#reports = new ListenerReports(context.listeners, GOOD_FOR * config.interval);
    this.#wanted = new WantedLook(context.node, context.clock);
    for (const reason of SKIP_REASONS) context.metrics.skipped.inc({ reason }, 0);
  }

  /** A poll for nothing would only put off the next. */
  get answersDoubts(): 'sockets' | null {
    return this.#sidecars.size > 0 || this.#context.listeners.wanted().size > 0 ? 'sockets' : null;
  }

  get isEarly(): boolean {
    return !this.#hasBackends && Math.abs(this.#context.clock.now() - (this.#beganMs ?? 0)) < EARLY_MS;
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    this.#beganMs ??= this.#context.clock.now();
    const wanted = this.#context.listeners.wanted();
    const isRound = this.#isRoundDue();
    // A round takes its time, and may look at the whole node first: what verdicts wait for comes before it.
    if (wanted.size > 0 || (!isRound && (this.#sidecars.size > 0 || this.isEarly))) await this.#answer(wanted, signal);
    if (isRound) await this.#round(signal);
    return this.#outcome;
  }

  /** Also after the clock was set back. */
  #isRoundDue(): boolean {
    const sinceMs = this.#context.clock.now() - this.#roundMs;
    return sinceMs < 0 || sinceMs >= ROUND_SHARE * this.#config.interval;
  }

  /** Conditions and series are for polls that are an interval apart. */
  async #round(signal: AbortSignal): Promise<void> {
    const look = await this.#context.node.look(LOOK_AGE_MS);
    const { interval } = this.#config;
    const nowMs = this.#context.clock.now();
    const ownNetwork = this.#ownNetwork();
    const watched = this.#watchedOf(look, { wanted: new Set(), ownNetwork });
    this.#hasBackends ||= hasBackends(watched);
    this.#reports.keep(look, nowMs);
    const options = { nowMs, signal, budgetMs: CPU_SHARE * interval, keepMs: GOOD_FOR * interval };
    const seen = await this.#rounds.read(watched.networks, options);
    // All at once: a scrape never sees half of it.
    this.#publish(seen, ownNetwork);
    this.#sidecars.keep(new Set(look.networks.map(({ key }) => key)));
    this.#notes = [...look.notes, ...notesOf(watched)];
    this.#outcome = this.#conclude(seen);
    this.#roundMs = nowMs;
  }

  /** Reads the networks that verdicts wait for, those whose sidecar has ended, and the first backends; no series. */
  async #answer(wanted: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const look = await this.#wanted.look(OLDEST_LOOK_MS, wanted);
    const nowMs = this.#context.clock.now();
    const watched = this.#watchedOf(look, { wanted, ownNetwork: this.#ownNetwork() });
    this.#reports.keep(look, nowMs);
    const asked = [...watched.others];
    const isEarly = this.isEarly;
    this.#hasBackends ||= hasBackends(watched);
    for (const one of watched.networks) {
      const isAlive = this.#sidecars.isAlive(one.network);
      if (one.isWanted || isAlive === false || (isEarly && one.network.isBackend)) asked.push(one);
      else if (isAlive) this.#sidecarDown.repeat(sidecarOf(one.network));
    }
    for (const one of await this.#rounds.readNow(asked, { nowMs, signal })) {
      if (one.read.state !== 'read') this.#reports.unsay(one.network.key);
      else {
        this.#reports.say(one, one.read);
        this.#glimpseSidecar(one.network, one.read);
      }
    }
  }

  #ownNetwork(): string | undefined {
    return unlessDenied(() => this.#proc.identity('self/net/netstat'));
  }

  #watchedOf(look: NodeLook, of: Pick<WatchOptions, 'wanted' | 'ownNetwork'>): Watched {
    return watchedOf(look, this.#context.settings.all(), {
      ...{ ...of, own: this.#own, isSidecar: this.#own.pod !== '' && this.#context.paths.root === '' },
      isFollowed: (network) => this.#sidecars.isFollowed(network),
    });
  }

  stop(): void {
    this.#publish([], undefined);
    this.#reports.end();
    this.#targets = [];
    this.#roundMs = Number.NEGATIVE_INFINITY;
  }

  targets(): readonly Target[] {
    return this.#targets;
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  #publish(seen: readonly Seen[], ownNetwork: string | undefined): void {
    const { listening, queue, limit } = this.#context.metrics;
    for (const gauge of [listening, queue, limit]) gauge.reset();
    this.#context.metrics.skipped.inc({ reason: 'budget' }, seen.filter(({ isNew }) => !isNew).length);
    this.#targets = seen.map((one) => {
      const name = nameOf(one.network);
      if (one.read.state !== 'read') this.#reports.unsay(one.network.key);
      if (one.read.state === 'denied') return { name, state: 'not_permitted', detail: one.read.detail };
      if (one.read.state === 'gone') return { name, state: 'absent', detail: 'its processes are gone' };
      if (one.read.state === 'waiting') return { name, state: 'absent', detail: 'waits for its turn to be read' };
      return { name, state: 'ok', detail: this.#publishOne(one, one.read, ownNetwork) };
    });
    for (const condition of [this.#notListening, this.#sidecarDown]) condition.end();
  }

  #publishOne(one: Seen, read: ListenersRead, ownNetwork: string | undefined): string {
    const { network } = one;
    const { metrics } = this.#context;
    const ports = portsOf(socketsOf(read));
    const expected = this.#gateways.judge(one, read);
    const somaxconn = () => readSomaxconn(this.#proc, network.identity === ownNetwork);
    publishPorts(metrics, { network, isWhole: isWholeRead(read), isNew: one.isNew, ports, expected, somaxconn });
    if (one.isNew) this.#countSkipped(read);
    this.#judgeSidecar(network, read, new Set(ports.keys()));
    this.#reports.say(one, read);
    return describePorts(ports, expected);
  }

  #countSkipped({ tables }: ListenersRead): void {
    const { skipped } = this.#context.metrics;
    for (const table of Object.values(tables)) {
      const isCut = !table.isWhole && table.skipped === 0 && table.malformed === 0;
      skipped.inc({ reason: 'table_limit' }, table.skipped + (isCut ? 1 : 0));
      skipped.inc({ reason: 'malformed' }, table.malformed);
    }
  }

  #judgeSidecar(network: NodeNetwork, read: ListenersRead, ports: ReadonlySet<number>): void {
    const { isDown, evidence } = this.#sidecars.judge(network, ports);
    const isKnown = isWholeRead(read) || isDown === false;
    this.#sidecarDown.say(sidecarOf(network), isKnown ? isDown : null, evidence);
  }

  /** One that listened and does not is not on its way: a verdict waits for it, and a second look would come too late. */
  #glimpseSidecar(network: NodeNetwork, read: ListenersRead): void {
    const ports = new Set(socketsOf(read).map(({ port }) => port));
    const { isDown, evidence, wasUp } = this.#sidecars.judge(network, ports);
    if (isDown !== null && wasUp && (isWholeRead(read) || !isDown))
      this.#sidecarDown.glimpse(sidecarOf(network), isDown, evidence);
  }

  #conclude(seen: readonly Seen[]): Outcome {
    const read = this.#targets.filter(({ state }) => state === 'ok');
    if (read.length > 0)
      return { state: 'ok', detail: `${read.length} of ${seen.length} networks of gateways and backends` };
    const denied = this.#targets.find(({ state }) => state === 'not_permitted');
    if (denied !== undefined) return { state: 'not_permitted', detail: denied.detail };
    const reasons = ['no network of a gateway or a backend is visible', ...this.#notes];
    return { state: 'absent', detail: reasons.join('; ') };
  }
}

function hasBackends({ networks }: Watched): boolean {
  return networks.some(({ network }) => network.isBackend);
}

function nameOf({ labels: { namespace, pod, netns } }: NodeNetwork): string {
  return `${[namespace, pod].filter(Boolean).join('/') || 'network'} (${netns})`;
}
