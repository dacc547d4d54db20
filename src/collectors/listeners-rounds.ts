import type { NodeNetwork } from '../contract/node.ts';
import { Slices } from '../sources/node/slices.ts';
import type { Procfs } from '../sources/procfs.ts';
import { type ListenersRead, type NetworkRead, readListeners } from './listeners-read.ts';
import type { WatchedNetwork } from './listeners-watch.ts';

export interface Seen extends WatchedNetwork {
  /** `waiting`: not read in this round, nor lately. */
  readonly read: NetworkRead | { readonly state: 'waiting' };
  readonly atMs: number;
  /** False: it is of an earlier round. */
  readonly isNew: boolean;
}

export interface RoundOptions {
  readonly nowMs: number;
  /** CPU that reading networks that are not urgent may take; one is read in any case. */
  readonly budgetMs: number;
  /** What is older is not known any more. */
  readonly keepMs: number;
  readonly signal: AbortSignal;
}

interface Known {
  readonly processes: string;
  readonly read: ListenersRead;
  /** When it was read or found to be as before. */
  readonly atMs: number;
  /** When all of it was read. */
  readonly fullMs: number;
}

/** A listener may have taken the place of another one without a sign. */
const REREAD_MS = 300_000;

/** Reads the listeners of networks: of urgent ones every time, of others so many as the budget lets, the longest unread first. */
export class ListenerRounds {
  readonly #proc: Procfs;
  #known = new Map<string, Known>();

  constructor(proc: Procfs) {
    this.#proc = proc;
  }

  async read(networks: readonly WatchedNetwork[], options: RoundOptions): Promise<Seen[]> {
    // After the clock was set back nobody can tell how old it is.
    for (const [key, { atMs }] of this.#known) if (atMs > options.nowMs) this.#known.delete(key);
    const ageOf = ({ network, isUrgent }: WatchedNetwork) =>
      isUrgent ? -1 : (this.#known.get(network.key)?.atMs ?? 0);
    const seen: Seen[] = [];
    const slices = new Slices();
    let [spentMs, turns] = [0, 0];
    for (const one of networks.toSorted((a, b) => ageOf(a) - ageOf(b))) {
      if (!one.isUrgent && turns > 0 && spentMs >= options.budgetMs) {
        seen.push(this.#recall(one, options));
        continue;
      }
      const beganMs = cpuMs();
      seen.push(await this.#readOne(one, options));
      if (!one.isUrgent) [spentMs, turns] = [spentMs + cpuMs() - beganMs, turns + 1];
      if (slices.isOver()) await slices.next();
    }
    const keys = new Set(networks.map(({ network }) => network.key));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    return seen;
  }

  /** These at once and in full, beside the rounds. */
  async readNow(networks: readonly WatchedNetwork[], options: Pick<RoundOptions, 'nowMs' | 'signal'>): Promise<Seen[]> {
    const seen: Seen[] = [];
    const slices = new Slices();
    for (const one of networks) {
      seen.push(await this.#readOne({ ...one, isUrgent: true }, options));
      if (slices.isOver()) await slices.next();
    }
    return seen;
  }

  async #readOne(one: WatchedNetwork, { nowMs, signal }: Pick<RoundOptions, 'nowMs' | 'signal'>): Promise<Seen> {
    const { network, isUrgent } = one;
    const processes = processesOf(network);
    const known = this.#known.get(network.key);
    const isGood = !isUrgent && known?.processes === processes && nowMs - known.fullMs < REREAD_MS;
    const read = await readListeners(this.#proc, network, { signal, known: isGood ? known.read : null });
    if (read.state === 'read')
      this.#known.set(network.key, { processes, read, atMs: nowMs, fullMs: isGood ? known.fullMs : nowMs });
    else this.#known.delete(network.key);
    return { ...one, read, atMs: nowMs, isNew: true };
  }

  #recall(one: WatchedNetwork, { nowMs, keepMs }: RoundOptions): Seen {
    const known = this.#known.get(one.network.key);
    const isKept = known !== undefined && nowMs - known.atMs < keepMs;
    return { ...one, read: isKept ? known.read : { state: 'waiting' }, atMs: known?.atMs ?? 0, isNew: false };
  }
}

/** Who started since listens perhaps elsewhere. */
function processesOf({ processes }: NodeNetwork): string {
  return processes.map(({ pid, startTicks }) => `${pid}:${startTicks}`).join(' ');
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
