import { resolve } from 'node:path';
import * as z from 'zod';
import type { Outcome } from '../contract/unit.ts';
import { NotPermittedError, type Procfs } from './procfs.ts';

/** The series' pod (filled in for netns="pod") and which namespace it is. */
export const NETNS_LABELS = ['namespace', 'pod', 'netns'] as const;

export const hostOption = z
  .union([z.boolean(), z.literal('auto')])
  .default('auto')
  .describe(
    'Publish pid 1\'s network namespace as netns="host": auto when pid 1 is known to be the node\'s, true always, false never',
  );

export interface NetworkNamespace {
  readonly labels: { readonly namespace: ''; readonly pod: ''; readonly netns: 'host' | 'process' };
  /** Directory under the proc root that shows this namespace, e.g. `1/net`. */
  readonly net: string;
}

const OWN: NetworkNamespace = { labels: { namespace: '', pod: '', netns: 'process' }, net: 'self/net' };
const HOST: NetworkNamespace = { labels: { namespace: '', pod: '', netns: 'host' }, net: '1/net' };

export interface VisibleNamespaces {
  readonly list: readonly NetworkNamespace[];
  /** What is watched and why the node's is or is not, for people. */
  readonly note: string;
}

/**
 * The node's namespace is read as `<proc>/1/net`: `<proc>/net` is a link to `self/net` and shows the reader's own, also under
 * a mounted /host/proc. When both are the same namespace only "host" is listed, so that a sum() counts nothing twice.
 */
export function findNetworkNamespaces(proc: Procfs, host: boolean | 'auto'): VisibleNamespaces {
  const own = proc.identity('self/net/netstat');
  const process = own === undefined ? [] : [OWN];
  if (host === false) return { list: process, note: "own namespace (the node's is switched off by host: false)" };

  const first = host === true ? proc.identity('1/net/netstat') : unlessDenied(() => proc.identity('1/net/netstat'));
  if (first === DENIED) return { list: process, note: "own namespace; the node's is not permitted (pid 1 unreadable)" };
  if (first === undefined) {
    if (host === true) throw new Error(`host: true, but ${proc.root}/1/net/netstat is not there`);
    return { list: process, note: "own namespace; the node's is not visible (no pid 1)" };
  }
  if (first !== own) return { list: [HOST, ...process], note: "the node's namespace and our own" };
  if (host === true || resolve(proc.root) !== '/proc' || isInitialPidNamespace(proc)) {
    return { list: [HOST], note: "the node's namespace, which is also our own" };
  }
  return { list: process, note: "own namespace; the node's is not visible (pid 1 is our container's: no hostPID)" };
}

/**
 * True when `proc` shows the machine's first PID namespace, so that pid 1 is the node's init: only there pid 2 is
 * kthreadd, a kernel thread (flag PF_KTHREAD, include/linux/sched.h) without parent. A name can be forged, the flag cannot.
 * False under gVisor, hidepid and nodes that are containers themselves (kind): there `host: true` says it.
 */
export function isInitialPidNamespace(proc: Procfs): boolean {
  const stat = unlessDenied(() => proc.read('2/stat'));
  if (stat === undefined || stat === DENIED) return false;
  // pid (comm) state ppid pgrp session tty_nr tpgid flags: proc_pid_stat(5). comm may hold anything, so go by its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const PF_KTHREAD = 0x00200000;
  return fields[1] === '0' && (Number(fields[6]) & PF_KTHREAD) !== 0;
}

export interface VisitOptions {
  readonly host: boolean | 'auto';
  /** Says why when no visible namespace has the table. */
  readonly absent: string;
}

/**
 * Calls `visit` for each visible namespace; it says whether the kernel has the table there. Absent and not
 * permitted become the outcome of the poll, every other error is thrown on.
 */
export function visitNamespaces(
  proc: Procfs,
  options: VisitOptions,
  visit: (namespace: NetworkNamespace) => boolean,
): Outcome {
  try {
    const { list, note } = findNetworkNamespaces(proc, options.host);
    const found = list.filter((namespace) => visit(namespace));
    if (found.length > 0) return { state: 'ok', detail: note };
    return { state: 'absent', detail: `${options.absent} (${note})` };
  } catch (error) {
    if (error instanceof NotPermittedError) return { state: 'not_permitted', detail: error.message };
    throw error;
  }
}

const DENIED = Symbol('denied');

function unlessDenied<T>(action: () => T): T | typeof DENIED {
  try {
    return action();
  } catch (error) {
    if (error instanceof NotPermittedError) return DENIED;
    throw error;
  }
}
