import type { ListenAnswer, ListenerSink, ListenersSeen, ListeningAt } from '../contract/listener.ts';
import type { Clock } from '../contract/unit.ts';
import type { PeerSocket } from '../contract/upstream.ts';
import { isAnyIp, isLoopbackIp } from '../parse/ip-address.ts';
import type { ListenQueues } from './facts.ts';

const MOST_NETWORKS = 1_000;
const MOST_OTHERS = 16;
const MOST_CLOSED = 256;
const MOST_WANTED = 1_000;
/** A verdict waits no longer. */
const WANTED_MS = 6_000;
/** By then whoever has begun to look has said what listens, also on a node that is busy. */
const BEGINNING_MS = 10_000;
const UNKNOWN: ListenAnswer = { state: 'unknown', others: [], atMs: null };

/** Ports that Istio's sidecar and its like open beside the application: they say nothing of where that listens. */
const isMeshPort = (port: number) => port >= 15_000 && port <= 15_099;

interface Known {
  readonly seen: ListenersSeen;
  /** The look before. */
  readonly before: ListenersSeen | null;
  /** Sockets that do not listen any more, by `ip port`: when each was last seen to; milliseconds since the epoch. */
  readonly closed: ReadonlyMap<string, number>;
}

/** What one look says of an address. */
export interface ListenLook extends ListenAnswer {
  readonly atMs: number;
  /** When its port was last seen to listen; null: never. */
  readonly lastListenedMs: number | null;
  readonly queues: ListenQueues;
}

/** What listens at an address of a pod of this node, as last seen. */
export class Listeners implements ListenerSink {
  readonly #clock: Clock;
  readonly #networks = new Map<string, Known>();
  /** Networks that have the address; several: told apart by nobody. */
  readonly #byIp = new Map<string, Set<string>>();
  readonly #wanted = new Map<string, number>();
  #dropped = 0;
  #beganMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody has begun to look a moment ago: what nobody has said yet may come. */
  get isBeginning(): boolean {
    return this.#beganMs !== undefined && Math.abs(this.#clock.now() - this.#beganMs) < BEGINNING_MS;
  }

  /** Times that a look at a network, or an address to look at, was not remembered because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  listening(network: string, seen: ListenersSeen | null): void {
    const known = this.#networks.get(network);
    if (known === undefined && this.#networks.size >= MOST_NETWORKS) {
      this.#dropped++;
      return;
    }
    if (known !== undefined) this.#forget(network, known.seen);
    if (seen === null) return;
    const isNew = known !== undefined && known.seen.atMs < seen.atMs;
    const before = isNew ? known.seen : (known?.before ?? null);
    this.#networks.set(network, { seen, before, closed: closedSince(known, seen) });
    for (const ip of seen.ips) {
      const networks = this.#byIp.get(ip) ?? new Set();
      this.#byIp.set(ip, networks.add(network));
    }
  }

  /** A verdict waits to hear what listens at the address (canonical, without port). */
  want(ip: string): void {
    this.#wanted.delete(ip);
    if (this.#wanted.size < MOST_WANTED) this.#wanted.set(ip, this.#clock.now());
    else this.#dropped++;
  }

  /** Whoever asks is going to look. */
  wanted(): ReadonlySet<string> {
    const nowMs = this.#clock.now();
    this.#beganMs ??= nowMs;
    for (const [ip, askedMs] of this.#wanted) if (Math.abs(nowMs - askedMs) > WANTED_MS) this.#wanted.delete(ip);
    return new Set(this.#wanted.keys());
  }

  /** Networks that are looked at. */
  get size(): number {
    return this.#networks.size;
  }

  /** Some network that is looked at has the address. */
  isKnown(ip: string): boolean {
    return this.#byIp.has(ip);
  }

  at(address: PeerSocket): ListenAnswer {
    const [latest] = this.looksAt(address);
    return latest === undefined ? UNKNOWN : { state: latest.state, others: latest.others, atMs: latest.atMs };
  }

  /** What the last looks at the address's network say, the latest first; none when nobody looked lately, or it is several networks'. */
  looksAt(address: PeerSocket): ListenLook[] {
    const networks = [...(this.#byIp.get(address.ip) ?? [])];
    return networks.length === 1 ? this.looksIn(networks[0], address) : [];
  }

  /** The same of an address that only the network with this key has: one of loopback. */
  looksIn(network: string, address: PeerSocket): ListenLook[] {
    const known = this.#networks.get(network);
    if (known === undefined || this.#clock.now() >= known.seen.untilMs) return [];
    const looks = known.before === null ? [known.seen] : [known.seen, known.before];
    return looks.map((seen) => ({
      ...(isLoopbackIp(address.ip) ? stateAtLoopback(seen, address) : stateAt(seen, address)),
      atMs: seen.atMs,
      lastListenedMs: lastListenedMs(known, address),
      queues: queuesAt(seen.sockets, address.port),
    }));
  }

  #forget(network: string, { ips }: ListenersSeen): void {
    this.#networks.delete(network);
    for (const ip of ips) {
      const networks = this.#byIp.get(ip);
      networks?.delete(network);
      if (networks?.size === 0) this.#byIp.delete(ip);
    }
  }
}

type Said = Pick<ListenAnswer, 'state' | 'others'>;

function stateAt({ sockets, isWhole }: ListenersSeen, { ip, port }: PeerSocket): Said {
  const here = sockets.filter((socket) => socket.port === port).map((socket) => socket.ip);
  if (here.includes(ip) || here.includes(anyLike(ip))) return { state: 'listening', others: [] };
  // For IPv4 a socket at :: listens unless IPV6_V6ONLY is set, which /proc does not show.
  if (here.includes('::') || !isWhole) return { state: 'unknown', others: [] };
  if (here.length > 0) return { state: here.every(isLoopbackIp) ? 'bound_to_loopback' : 'not_listening', others: [] };
  const others = othersOf(sockets, ip);
  return { state: others.length > 0 ? 'port_mismatch' : 'not_listening', others };
}

/** The gateway's own ports listen there too: that others do says nothing. */
function stateAtLoopback({ sockets, isTableWhole }: ListenersSeen, { ip, port }: PeerSocket): Said {
  const here = sockets.filter((socket) => socket.port === port).map((socket) => socket.ip);
  if (here.includes(ip) || here.includes(anyLike(ip))) return { state: 'listening', others: [] };
  return { state: here.includes('::') || !isTableWhole ? 'unknown' : 'not_listening', others: [] };
}

function anyLike(ip: string): string {
  return ip.includes(':') ? '::' : '0.0.0.0';
}

function lastListenedMs({ seen, closed }: Known, { ip, port }: PeerSocket): number | null {
  const ips = [ip, anyLike(ip), '::'];
  if (seen.sockets.some((socket) => socket.port === port && ips.includes(socket.ip))) return seen.atMs;
  const moments = ips.map((one) => closed.get(`${one} ${port}`)).filter((atMs) => atMs !== undefined);
  return moments.length === 0 ? null : Math.max(...moments);
}

function queuesAt(sockets: readonly ListeningAt[], port: number): ListenQueues {
  const longest = (of: readonly ListeningAt[]) => of.reduce((most, { queue = 0 }) => Math.max(most, queue), 0);
  return {
    own: longest(sockets.filter((socket) => socket.port === port)),
    other: longest(sockets.filter((socket) => socket.port !== port)),
  };
}

function closedSince(known: Known | undefined, { sockets }: ListenersSeen): ReadonlyMap<string, number> {
  if (known === undefined) return new Map();
  if (known.seen.sockets === sockets) return known.closed;
  const open = new Set(sockets.map(({ ip, port }) => `${ip} ${port}`));
  const closed = new Map([...known.closed].filter(([socket]) => !open.has(socket)));
  for (const { ip, port } of known.seen.sockets)
    if (!open.has(`${ip} ${port}`)) closed.set(`${ip} ${port}`, known.seen.atMs);
  for (const oldest of closed.keys()) {
    if (closed.size <= MOST_CLOSED) break;
    closed.delete(oldest);
  }
  return closed;
}

function othersOf(sockets: readonly PeerSocket[], ip: string): number[] {
  const reachable = sockets.filter((socket) => (isAnyIp(socket.ip) || socket.ip === ip) && !isMeshPort(socket.port));
  return [...new Set(reachable.map(({ port }) => port))].sort((a, b) => a - b).slice(0, MOST_OTHERS);
}
