import { TCP_LISTEN, TcpSocketReader } from '../parse/tcp-sockets.ts';
import { countUnixListeners } from '../parse/unix-sockets.ts';
import { readSocketUser } from '../sources/process-user.ts';
import type { Procfs } from '../sources/procfs.ts';
import { readTable } from '../sources/socket-table.ts';

/** Sockets that listen are the first rows of a table, so many at most. */
const MAX_TCP_BYTES = 1 << 18;
/** Read in small pieces, because the kernel makes every row of a piece. */
const PIECE_BYTES = 8192;

/**
 * How many sockets listen in the network of an nginx that has one of its own: TCP sockets of the master's user, and unix sockets of
 * any, for they show none. Null when that cannot be read.
 */
export async function countListeners(proc: Procfs, pid: number, signal: AbortSignal): Promise<number | null> {
  const uid = readSocketUser(proc, pid);
  if (uid === undefined) return null;
  try {
    const tcp = await countTcp(proc, { path: `${pid}/net/tcp`, uid, signal });
    const unix = proc.read(`${pid}/net/unix`);
    if (tcp === null || unix === undefined) return null;
    // Null: a kernel without IPv6.
    return tcp + ((await countTcp(proc, { path: `${pid}/net/tcp6`, uid, signal })) ?? 0) + countUnixListeners(unix);
  } catch {
    // Not permitted, or a table that is longer than any of a gateway's network.
    signal.throwIfAborted();
    return null;
  }
}

interface TcpTable {
  readonly path: string;
  readonly uid: number;
  readonly signal: AbortSignal;
}

async function countTcp(proc: Procfs, { path, uid, signal }: TcpTable): Promise<number | null> {
  let count = 0;
  let isOver = false;
  const reader = new TcpSocketReader((socket) => {
    isOver ||= socket.state !== TCP_LISTEN;
    if (!isOver && socket.uid === uid) count++;
  });
  const options = { maxBytes: MAX_TCP_BYTES, chunkBytes: PIECE_BYTES, signal };
  const isRead = await readTable(proc, path, options, (chunk) => {
    reader.push(chunk);
    return !isOver;
  });
  return isRead === undefined ? null : count;
}
