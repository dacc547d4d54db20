import * as z from 'zod';
import type { NodeNetwork } from '../contract/node.ts';
import { unitSchema } from '../contract/schema.ts';
import { type Collector, type CollectorContext, defineCollector, type Outcome, type Target } from '../contract/unit.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';
import { SeenTwice } from './listeners-conditions.ts';
import { GatewayPorts } from './listeners-gateways.ts';
import { LISTENERS_METRICS, SKIP_REASONS } from './listeners-metrics.ts';
import { portsOf } from './listeners-ports.ts';
import { describePorts, publishPorts } from './listeners-publish.ts';
import { isWholeRead, type ListenersRead, socketsOf } from './listeners-read.ts';
import { ListenerRounds, type Seen } from './listeners-rounds.ts';
import { Sidecars } from './listeners-sidecars.ts';
import { readSomaxconn } from './listeners-somaxconn.ts';
import { type Watched, watchedOf } from './listeners-watch.ts';
import type { OwnPod } from './nginx-config-find.ts';

const schema = unitSchema(
  { enabled: true, interval: '15s' },
  {
    expected_ports: z
      .array(z.number().int().min(1).max(65_535))
      .max(16)
      .default([80])
      .describe(
        'Ports that an nginx is to listen on when its configuration names only unix sockets, or when it is not known and nothing listens; none: such an nginx is as it should be',
      ),
  },
);
type Config = z.output<typeof schema>;
type Context = CollectorContext<typeof LISTENERS_METRICS>;

const LOOK_AGE_MS = 15_000;
/** So many intervals a look says what listens. */
const GOOD_FOR = 3;
/** Of the interval: so much CPU the networks of backends may take. */
const CPU_SHARE = 0.005;

class ListenersCollector implements Collector {
  readonly #config: Config;
  readonly #context: Context;
  readonly #own: OwnPod;
  readonly #proc: Procfs;
  readonly #notListening: SeenTwice;
  readonly #sidecarDown: SeenTwice;
  readonly #gateways: GatewayPorts;
  readonly #sidecars: Sidecars;
  readonly #rounds: ListenerRounds;
  #reported = new Set<string>();
  #targets: readonly Target[] = [];
  #notes: readonly string[] = [];

  constructor(config: Config, context: Context, own: OwnPod) {
    this.#config = config;
    this.#context = context;
    this.#own = own;
    this.#proc = openProcfs(context.paths.proc);
    this.#notListening = new SeenTwice('gateway_not_listening', context.conditions);
    this.#sidecarDown = new SeenTwice('sidecar_down', context.conditions);
    this.#gateways = new GatewayPorts(this.#proc, config.expected_ports, this.#notListening);
    this.#sidecars = new Sidecars(this.#proc);
    this.#rounds = new ListenerRounds(this.#proc);
    for (const reason of SKIP_REASONS) context.metrics.skipped.inc({ reason }, 0);
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const look = await this.#context.node.look(LOOK_AGE_MS);
    const ownNetwork = unlessDenied(() => this.#proc.identity('self/net/netstat'));
    const watched = watchedOf(look, this.#context.settings.all(), {
      ...{ own: this.#own, ownNetwork },
      isSidecar: this.#own.pod !== '' && this.#context.paths.root === '',
      isFollowed: (network) => this.#sidecars.isFollowed(network),
    });
    const { interval } = this.#config;
    const seen = await this.#rounds.read(watched.networks, {
      ...{ nowMs: this.#context.clock.now(), signal },
      ...{ budgetMs: CPU_SHARE * interval, keepMs: GOOD_FOR * interval },
    });
    // All at once: a scrape never sees half of it.
    this.#publish(seen, ownNetwork);
    this.#sidecars.keep(new Set(look.networks.map(({ key }) => key)));
    this.#notes = [...look.notes, ...notesOf(watched)];
    return this.#conclude(seen);
  }

  stop(): void {
    this.#publish([], undefined);
    this.#targets = [];
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
    const before = this.#reported;
    this.#reported = new Set();
    this.#context.metrics.skipped.inc({ reason: 'budget' }, seen.filter(({ isNew }) => !isNew).length);
    this.#targets = seen.map((one) => {
      const name = nameOf(one.network);
      if (one.read.state === 'denied') return { name, state: 'not_permitted', detail: one.read.detail };
      if (one.read.state === 'gone') return { name, state: 'absent', detail: 'its processes are gone' };
      if (one.read.state === 'waiting') return { name, state: 'absent', detail: 'waits for its turn to be read' };
      return { name, state: 'ok', detail: this.#publishOne(one, one.read, ownNetwork) };
    });
    for (const key of before) if (!this.#reported.has(key)) this.#context.listeners.listening(key, null);
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
    this.#reportListeners(one, read);
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
    const { namespace, pod } = network.labels;
    const gateway = pod === '' ? 'envoy' : workloadOfPod(pod);
    const isKnown = isWholeRead(read) || isDown === false;
    this.#sidecarDown.say({ namespace, pod, container: '', gateway }, isKnown ? isDown : null, evidence);
  }

  #reportListeners({ network, atMs }: Seen, read: ListenersRead): void {
    this.#reported.add(network.key);
    this.#context.listeners.listening(network.key, {
      ...{ ips: network.ips, sockets: socketsOf(read), atMs },
      isWhole: isWholeRead(read) && network.kind !== 'host',
      untilMs: atMs + GOOD_FOR * this.#config.interval,
    });
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

function nameOf({ labels: { namespace, pod, netns } }: NodeNetwork): string {
  return `${[namespace, pod].filter(Boolean).join('/') || 'network'} (${netns})`;
}

function notesOf({ unplaced }: Watched): string[] {
  return unplaced.map(
    ({ subject }) =>
      `gateway ${subject.gateway}: the network that it runs in is not visible, so whether its ports listen is not known`,
  );
}

/** Ports that listen in the networks of gateways and backends, where on, and how many connections wait there. */
export const listeners = defineCollector({
  name: 'listeners',
  summary: 'Ports that listen in the networks of gateways and backends, on which addresses, and their accept queues',
  schema,
  metrics: LISTENERS_METRICS,
  create(config, context) {
    const { POD_NAMESPACE: namespace = '', POD_NAME: pod = '' } = process.env;
    return new ListenersCollector(config, context, { namespace, pod });
  },
});
