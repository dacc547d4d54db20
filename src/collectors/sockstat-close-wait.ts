import type { NodeNetwork, NodeView } from '../contract/node.ts';
import type { Clock } from '../contract/unit.ts';
import { TCP_CLOSE_WAIT, TcpSocketReader } from '../parse/tcp-sockets.ts';
import { networkOf } from '../sources/node-network.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';
import { readTable } from '../sources/socket-table.ts';

/** The kernel takes 6 to 8 µs for a socket: a table is read once in a minute. */
const READ_EVERY_MS = 60_000;
/** 50,000 sockets. */
const MOST_BYTES = 1 << 23;
/** Members that may be ended before one is read. */
const MOST_TRIES = 4;

interface Counted {
  readonly count: number | undefined;
  readonly atMs: number;
}

export interface CloseWaitOptions {
  readonly proc: Procfs;
  readonly node: NodeView;
  readonly clock: Clock;
}

/**
 * Sockets in CLOSE_WAIT, which no kernel file counts: whole tables of gateways and of our own namespace (in a sidecar the gateway's) are
 * read for it, once in a minute.
 */
export class CloseWaits {
  readonly #options: CloseWaitOptions;
  #counted = new Map<string, Counted>();

  constructor(options: CloseWaitOptions) {
    this.#options = options;
  }

  /** Each namespace that has been counted, with its count; `maxAgeMs`: how old the look at the node may be. */
  async count(maxAgeMs: number, signal: AbortSignal): Promise<readonly { network: NodeNetwork; count: number }[]> {
    const { node, clock } = this.#options;
    const { networks } = await node.look(maxAgeMs);
    const counted = new Map<string, Counted>();
    const found: { network: NodeNetwork; count: number }[] = [];
    for (const network of networks) {
      if (!network.isGateway && network.kind !== 'process') continue;
      const known = this.#counted.get(network.key);
      const ageMs = known === undefined ? -1 : clock.now() - known.atMs;
      // A clock that was set back says nothing of the age.
      const isFresh = known !== undefined && ageMs >= 0 && ageMs < READ_EVERY_MS;
      const now = isFresh ? known : { count: await this.#read(network, signal), atMs: clock.now() };
      counted.set(network.key, now);
      if (now.count !== undefined) found.push({ network, count: now.count });
    }
    this.#counted = counted;
    return found;
  }

  /** Undefined: no member is left, it may not be read, or the table is too long: a part would be a wrong number. */
  async #read({ identity, processes }: NodeNetwork, signal: AbortSignal): Promise<number | undefined> {
    const { proc } = this.#options;
    for (const { pid } of processes.slice(0, MOST_TRIES)) {
      let count = 0;
      const reader = new TcpSocketReader(({ state }) => {
        if (state === TCP_CLOSE_WAIT) count++;
      });
      try {
        const take = (chunk: Uint8Array) => reader.push(chunk);
        const options = { maxBytes: MOST_BYTES, signal };
        const isWhole = await readTable(proc, `${pid}/net/tcp`, options, take);
        if (isWhole === undefined) continue;
        reader.end();
        // Undefined: a kernel without IPv6.
        const isWhole6 = await readTable(proc, `${pid}/net/tcp6`, options, take);
        reader.end();
        if (networkOf(proc, pid) !== identity) continue;
        return isWhole && isWhole6 !== false ? count : undefined;
      } catch (error) {
        if (!(error instanceof NotPermittedError)) throw error;
      }
    }
    return undefined;
  }
}
