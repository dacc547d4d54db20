import type { Collector, CollectorContext, Outcome, Target } from '../contract/unit.ts';
import { TcpSocketReader } from '../parse/tcp-sockets.ts';
import { findGatewayPids } from '../sources/node/gateway-pids.ts';
import { NotPermittedError, openProcfs, type Procfs } from '../sources/procfs.ts';
import { readTable } from '../sources/socket-table.ts';
import { readLocalPorts } from '../sources/sysctl.ts';
import type { OwnPod } from './own-pod.ts';
import type { UpstreamSocketsMetrics } from './upstream-sockets.ts';
import { findSocketGateways, isRenamed, livingOf, type SocketGateway, usersOf } from './upstream-sockets-find.ts';
import { OutgoingPeers } from './upstream-sockets-peers.ts';

const SKIP_REASONS = ['peer_limit', 'table_limit', 'malformed'] as const;

interface Config {
  readonly max_table_bytes: number;
}

interface Watched {
  readonly gateway: SocketGateway;
  readonly peers: OutgoingPeers;
  state: Target['state'];
  detail: string;
}

/** Looking for gateways reads every process; a new one is found after so long, a lost one is looked for at once. */
const LOOK_EVERY_MS = 30_000;

const GONE = 'its processes are gone';

export class UpstreamSocketsCollector implements Collector {
  readonly #config: Config;
  readonly #context: CollectorContext<UpstreamSocketsMetrics>;
  readonly #own: OwnPod;
  readonly #proc: Procfs;
  #watched = new Map<string, Watched>();
  #notes: readonly string[] = [];
  #nextLookMs = 0;

  constructor(config: Config, context: CollectorContext<UpstreamSocketsMetrics>, own: OwnPod) {
    this.#config = config;
    this.#context = context;
    this.#own = own;
    this.#proc = openProcfs(context.paths.proc);
    for (const reason of SKIP_REASONS) context.metrics.skipped.inc({ reason }, 0);
  }

  async poll(signal: AbortSignal): Promise<Outcome> {
    const nowMs = this.#context.clock.now();
    if (nowMs >= this.#nextLookMs || this.#isAnyOther()) await this.#look(nowMs);
    const found: { readonly gateway: SocketGateway; readonly count: number }[] = [];
    for (const watched of this.#watched.values()) {
      const count = await this.#read(watched, signal);
      if (count !== undefined) found.push({ gateway: watched.gateway, count });
    }
    // All at once: a scrape never sees half of it.
    const { peers } = this.#context.metrics;
    peers.reset();
    // Gateways of one name in several networks are one.
    for (const { gateway, count } of found) peers.inc({ ...gateway.subject, proxy: gateway.proxy }, count);
    return this.#conclude(found.reduce((sum, { count }) => sum + count, 0));
  }

  targets(): readonly Target[] {
    return [...this.#watched.values()].map(({ gateway, state, detail }) => {
      const pids = gateway.processes.map(({ pid }) => pid).join(', ');
      return { name: `${gateway.subject.gateway} (${gateway.proxy} ${pids})`, state, detail };
    });
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  #isAnyOther(): boolean {
    const { settings } = this.#context;
    return [...this.#watched.values()].some(
      ({ gateway }) => livingOf(this.#proc, gateway).length === 0 || isRenamed(gateway, settings),
    );
  }

  async #look(nowMs: number): Promise<void> {
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    const notes: string[] = [];
    this.#notes = notes;
    const { paths, node, settings, names } = this.#context;
    const pids = await findGatewayPids(node);
    const look = await node.look(LOOK_EVERY_MS);
    const onAwaited = () => {
      this.#nextLookMs = nowMs;
    };
    const where = { paths, settings, names, own: this.#own, pids, look, onAwaited };
    const watched = new Map<string, Watched>();
    for (const gateway of findSocketGateways(this.#proc, where, notes)) {
      const known = this.#watched.get(gateway.key);
      const fresh = { peers: new OutgoingPeers(), state: 'absent', detail: 'not read yet' } as const;
      watched.set(gateway.key, { ...fresh, ...known, gateway });
    }
    for (const key of this.#watched.keys()) if (!watched.has(key)) this.#context.addresses.counted?.(key, null);
    this.#watched = watched;
  }

  /** The number of peers; undefined when they could not be read. */
  async #read(watched: Watched, signal: AbortSignal): Promise<number | undefined> {
    const { gateway, peers } = watched;
    const { metrics, clock, addresses } = this.#context;
    const beganMs = clock.now();
    const [living, ...others] = livingOf(this.#proc, gateway);
    if (living === undefined) return this.#say(watched, 'absent', GONE);
    peers.begin(usersOf(this.#proc, [living, ...others]));
    const table = await this.#readTables(watched, living.pid, signal);
    if (table === 'unread') return undefined;
    // Another process may have got the pid while the tables were read.
    if (livingOf(this.#proc, gateway)[0]?.pid !== living.pid) return this.#say(watched, 'absent', GONE);
    const { used, held, sinceMs, skipped } = peers.end(beganMs, table === 'whole');
    const { proxy, subject } = gateway;
    for (const peer of used) addresses.used(proxy, subject, peer, sinceMs);
    for (const peer of held) addresses.held(proxy, subject, peer, beganMs);
    if (table === 'whole' && skipped === 0) addresses.looked(proxy, subject, beganMs);
    const count = used.length + held.length;
    metrics.skipped.inc({ reason: 'peer_limit' }, skipped + peers.ports.skipped);
    const isWhole = table === 'whole' && peers.ports.skipped === 0;
    const seen = { proxy, subject, network: gateway.network, peers: peers.ports.peers(), isWhole, atMs: beganMs };
    addresses.counted?.(gateway.key, { ...seen, localPorts: readLocalPorts(this.#proc, living.pid) });
    const limit = table === 'cut' ? '; its socket table is longer than max_table_bytes' : '';
    this.#say(watched, 'ok', `connects to ${countOfAddresses(count)}${limit}`);
    return count;
  }

  async #readTables(watched: Watched, pid: number, signal: AbortSignal): Promise<'whole' | 'cut' | 'unread'> {
    try {
      const tcp = await this.#readTable(watched, `${pid}/net/tcp`, signal);
      if (tcp === undefined) this.#say(watched, 'absent', GONE);
      if (tcp === undefined) return 'unread';
      // Undefined: a kernel without IPv6.
      const tcp6 = await this.#readTable(watched, `${pid}/net/tcp6`, signal);
      return tcp && tcp6 !== false ? 'whole' : 'cut';
    } catch (error) {
      if (!(error instanceof NotPermittedError)) throw error;
      this.#say(watched, 'not_permitted', error.message);
      return 'unread';
    }
  }

  async #readTable({ peers }: Watched, path: string, signal: AbortSignal): Promise<boolean | undefined> {
    const { skipped } = this.#context.metrics;
    const reader = new TcpSocketReader(peers.add);
    const options = { maxBytes: this.#config.max_table_bytes, signal };
    const isWhole = await readTable(this.#proc, path, options, (chunk) => reader.push(chunk));
    // A row that the limit cuts is left out.
    if (isWhole) reader.end();
    if (isWhole === false) skipped.inc({ reason: 'table_limit' });
    skipped.inc({ reason: 'malformed' }, reader.malformed);
    return isWhole;
  }

  #say(watched: Watched, state: Target['state'], detail: string): undefined {
    if (state !== 'ok') this.#context.addresses.counted?.(watched.gateway.key, null);
    watched.state = state;
    watched.detail = detail;
  }

  #conclude(peers: number): Outcome {
    const all = [...this.#watched.values()];
    const read = all.filter(({ state }) => state === 'ok');
    if (read.length > 0)
      return {
        state: 'ok',
        detail: `${read.length === 1 ? '1 gateway connects' : `${read.length} gateways connect`} to ${countOfAddresses(peers)}`,
      };
    const denied = all.find(({ state }) => state === 'not_permitted');
    if (denied !== undefined) return { state: 'not_permitted', detail: denied.detail };
    return { state: 'absent', detail: [...all.map(({ detail }) => detail), ...this.#notes].join('; ') };
  }
}

function countOfAddresses(count: number): string {
  return count === 1 ? '1 address' : `${count} addresses`;
}
