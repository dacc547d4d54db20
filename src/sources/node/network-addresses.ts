import { MAX_FILE_BYTES, NotPermittedError, type Procfs } from '../procfs.ts';
import { readTable } from '../socket-table.ts';
import type { NetworkGroup } from './network-table.ts';
import { FibTrieReader, parseIfInet6 } from './own-addresses.ts';
import type { Slices } from './slices.ts';

/** Addresses seldom change once a namespace has some. */
const READ_AGAIN_MS = 60_000;
/** Members that may be ended before one is read. */
const MOST_TRIES = 4;
/** 10,000 addresses; other work gets its turn between two pieces. */
const TABLE = { maxBytes: MAX_FILE_BYTES, chunkBytes: 1 << 14, signal: new AbortController().signal };

interface Known {
  readonly ips: readonly string[];
  readonly atMs: number;
  /** Not to be read at each look. */
  readonly isSettled: boolean;
  /** Why they may be missing; ''. */
  readonly problem: string;
}

/** Addresses of network namespaces, read once for each and again now and then; those without any at each look. */
export class NetworkAddresses {
  readonly #proc: Procfs;
  #known = new Map<string, Known>();

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
    for (const group of groups) {
      const before = this.#known.get(group.key);
      // A clock that was set back says nothing of the age.
      const ageMs = before === undefined ? -1 : nowMs - before.atMs;
      if (before?.isSettled && ageMs >= 0 && ageMs < READ_AGAIN_MS) {
        known.set(group.key, before);
        continue;
      }
      if (slices.isOver()) await slices.next();
      const { ips, problem } = await this.#readOne(group);
      const isSettled = problem !== '' || (ips !== undefined && ips.length > 0);
      known.set(group.key, { ips: ips ?? before?.ips ?? [], atMs: nowMs, isSettled, problem });
    }
    this.#known = known;
    return new Map([...known].map(([key, { ips }]) => [key, ips]));
  }

  /** Why addresses may be missing; '' when nothing stands against it. */
  problem(): string {
    for (const { problem } of this.#known.values()) if (problem !== '') return problem;
    return '';
  }

  async #readOne({ identity, processes }: NetworkGroup): Promise<{ ips?: readonly string[]; problem: string }> {
    let problem = '';
    for (const { pid } of processes.slice(0, MOST_TRIES)) {
      try {
        const trie = new FibTrieReader();
        const take = (piece: Uint8Array) => trie.push(Buffer.from(piece).toString('latin1'));
        const isWhole = await readTable(this.#proc, `${pid}/net/fib_trie`, TABLE, take);
        const inet6 = this.#proc.read(`${pid}/net/if_inet6`);
        // A pid may have become another process's in between.
        if (isWhole === undefined || this.#proc.identity(`${pid}/net/netstat`) !== identity) continue;
        if (isWhole) return { ips: [...trie.found, ...parseIfInet6(inet6 ?? '')], problem: '' };
        problem = 'addresses of a network cannot be read: its routing table is too long';
      } catch (error) {
        problem = `addresses of a network cannot be read: ${reasonOf(error)}`;
      }
    }
    return { problem };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof NotPermittedError ? 'not permitted' : 'its routing table is unreadable';
}
