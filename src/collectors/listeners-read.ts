import type { NodeNetwork, NodeProcess } from '../contract/node.ts';
import { type ListeningSocket, ListeningSocketReader } from '../parse/listening-sockets.ts';
import { parseSockstat } from '../parse/sockstat.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import { NotPermittedError, type Procfs } from '../sources/procfs.ts';
import { readTable } from '../sources/socket-table.ts';

/** The sockets of one IP version that listen. */
export interface ListenTable {
  readonly sockets: readonly ListeningSocket[];
  /** False: there are more, or rows could not be read. */
  readonly isWhole: boolean;
  readonly skipped: number;
  readonly malformed: number;
  /** Sockets of the version, connected or listening, as counted before the table was read; null: not told. */
  readonly inUse: number | null;
}

export interface ListenersRead {
  readonly state: 'read';
  readonly tables: { readonly tcp: ListenTable; readonly tcp6: ListenTable };
}

/** `gone`: none of its processes is left. */
export type NetworkRead =
  | ListenersRead
  | { readonly state: 'gone' }
  | { readonly state: 'denied'; readonly detail: string };

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** What was read before and is as good as new when no connection has come to it; null: read all. */
  readonly known: ListenersRead | null;
}

/** What the kernel hands out at once (a page). */
const PIECE_BYTES = 4096;
/** A row is shorter. A piece with so much left in it was the last (seq_read_iter in fs/seq_file.c fills it). */
const ROOM = 512;
/** 6,900 sockets that listen. */
const MAX_BYTES = 1 << 20;
/** Of a network with many processes, some that have just ended. */
const MOST_TRIED = 8;
const NONE: ListenTable = { sockets: [], isWhole: true, skipped: 0, malformed: 0, inUse: 0 };

/** The sockets that listen in the network, as one of its processes shows them. Needs no privilege. */
export async function readListeners(proc: Procfs, network: NodeNetwork, options: ReadOptions): Promise<NetworkRead> {
  let denied = '';
  for (const process of network.processes.slice(0, MOST_TRIED)) {
    try {
      if (!isStillThere(proc, process)) continue;
      const tcp = await readVersion(proc, process.pid, 'tcp', options);
      // A kernel without IPv6 has no such file.
      const tcp6 = tcp && ((await readVersion(proc, process.pid, 'tcp6', options)) ?? NONE);
      // Another process may have got the pid while the tables were read.
      if (tcp && tcp6 && isStillThere(proc, process)) return { state: 'read', tables: { tcp, tcp6 } };
    } catch (error) {
      if (!(error instanceof NotPermittedError)) throw error;
      denied = error.message;
    }
  }
  return denied === '' ? { state: 'gone' } : { state: 'denied', detail: denied };
}

function isStillThere(proc: Procfs, { pid, startTicks, network }: NodeProcess): boolean {
  return proc.identity(`${pid}/net/netstat`) === network && readProcessStat(proc, pid)?.startTicks === startTicks;
}

/**
 * Behind the listeners the kernel looks through the connections of the whole machine for one of this network: 2 ms and more where
 * there is none (established_get_first in net/ipv4/tcp_ipv4.c), so what need not be read is not.
 */
async function readVersion(proc: Procfs, pid: number, version: 'tcp' | 'tcp6', { signal, known }: ReadOptions) {
  const inUse = readInUse(proc, pid, version);
  if (inUse === 0) return NONE;
  const before = known?.tables[version];
  if (before?.isWhole && before.sockets.length === inUse && before.sockets.every(({ queue }) => queue === 0))
    return before;
  const reader = new ListeningSocketReader();
  const options = { maxBytes: MAX_BYTES, chunkBytes: PIECE_BYTES, signal };
  const take = (piece: Uint8Array) => reader.push(piece) && piece.length > PIECE_BYTES - ROOM;
  const isAll = await readTable(proc, `${pid}/net/${version}`, options, take);
  if (isAll === undefined) return undefined;
  if (isAll) reader.end();
  const { sockets, skipped, malformed } = reader;
  return { sockets, isWhole: isAll && skipped + malformed === 0, skipped, malformed, inUse };
}

/** Listening and connected sockets of the version (sock_prot_inuse_get), without those in TIME_WAIT. */
function readInUse(proc: Procfs, pid: number, version: 'tcp' | 'tcp6'): number | null {
  const text = proc.read(version === 'tcp' ? `${pid}/net/sockstat` : `${pid}/net/sockstat6`);
  return text === undefined ? null : (parseSockstat(text).get(`${version.toUpperCase()}.inuse`) ?? null);
}

/** Of both versions. */
export function socketsOf({ tables: { tcp, tcp6 } }: ListenersRead): readonly ListeningSocket[] {
  return [...tcp.sockets, ...tcp6.sockets];
}

export function isWholeRead({ tables: { tcp, tcp6 } }: ListenersRead): boolean {
  return tcp.isWhole && tcp6.isWhole;
}
