import { NotPermittedError, type Procfs } from '../procfs.ts';
import type { NetworkGroup } from './network-table.ts';
import { parseFibTrie, parseIfInet6 } from './own-addresses.ts';
import type { Slices } from './slices.ts';

/** Addresses seldom change once a namespace has some. */
const READ_AGAIN_MS = 60_000;
/** Members that may be ended before one is read. */
const MOST_TRIES = 4;

interface Known {
  readonly ips: readonly string[];
  readonly nextMs: number;
}

/** Addresses of network namespaces, read once for each and again now and then; those without any at each look. */
export class NetworkAddresses {
  readonly #proc: Procfs;
  #known = new Map<string, Known>();
  #problem = '';

  constructor(proc: Procfs) {
    this.#proc = proc;
  }

  /** By key. What cannot be read keeps the addresses it had. */
  async read(
    groups: readonly NetworkGroup[],
    nowMs: number,
    slices: Slices,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const known = new Map<string, Known>();
    this.#problem = '';
    for (const group of groups) {
      const before = this.#known.get(group.key);
      if (before !== undefined && nowMs < before.nextMs) {
        known.set(group.key, before);
        continue;
      }
      if (slices.isOver()) await slices.next();
      const ips = this.#readOne(group);
      const nextMs = nowMs + (ips === undefined || ips.length === 0 ? 0 : READ_AGAIN_MS);
      known.set(group.key, { ips: ips ?? before?.ips ?? [], nextMs });
    }
    this.#known = known;
    return new Map([...known].map(([key, { ips }]) => [key, ips]));
  }

  /** Why addresses may be missing; '' when nothing stands against it. */
  problem(): string {
    return this.#problem;
  }

  #readOne({ identity, processes }: NetworkGroup): readonly string[] | undefined {
    for (const { pid } of processes.slice(0, MOST_TRIES)) {
      try {
        const trie = this.#proc.read(`${pid}/net/fib_trie`);
        const inet6 = this.#proc.read(`${pid}/net/if_inet6`);
        // A pid may have become another process's in between.
        if (trie === undefined || this.#proc.identity(`${pid}/net/netstat`) !== identity) continue;
        return [...parseFibTrie(trie), ...parseIfInet6(inet6 ?? '')];
      } catch (error) {
        this.#problem = `addresses of a network cannot be read: ${reasonOf(error)}`;
      }
    }
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof NotPermittedError ? 'not permitted' : 'its routing table is too long or unreadable';
}
