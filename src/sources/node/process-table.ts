import { readdirSync } from 'node:fs';
import type { NodeProcess } from '../../contract/node.ts';
import { ProcessClock } from '../process-clock.ts';
import { readProcessStat, unlessDenied } from '../process-stat.ts';
import type { Procfs } from '../procfs.ts';
import { parseCgroup } from './cgroup-path.ts';
import type { Slices } from './slices.ts';

/** Names of nginx and Envoy processes; any process may call itself so. */
export const GATEWAY_NAMES: ReadonlySet<string> = new Set(['nginx', 'angie', 'envoy']);

/** A young process is not yet what it will be: `runc init` moves to another namespace and cgroup and becomes another program. */
const YOUNG_MS = 60_000;
/** Of those that are settled so many are read again at each walk; a pid comes back only after all others were used. */
const LEAST_AGAIN = 16;
const WALKS_FOR_ALL = 100;
const MAX_COMM = 15;
const MAX_CGROUP_BYTES = 16_384;

interface Entry {
  process: NodeProcess;
  /** Until then it is read again at each walk. */
  readonly settledAtMs: number;
}

export interface Walk {
  readonly processes: ReadonlyMap<number, NodeProcess>;
  /** What cannot be seen and why, in sentences. */
  readonly notes: readonly string[];
}

/**
 * The processes of /proc. A known one costs nothing: only new and young ones, those that are called like a gateway and a few of the
 * others in turn are read. What is unchanged stays the same object.
 */
export class ProcessTable {
  readonly #proc: Procfs;
  readonly #entries = new Map<number, Entry>();
  #isFirst = true;
  /** The last pid that had its turn. */
  #turn = 0;

  constructor(proc: Procfs) {
    this.#proc = proc;
  }

  /** One at a time. */
  async walk(nowMs: number, slices: Slices): Promise<Walk> {
    const { pids, problem } = listPids(this.#proc.root);
    const clock = new ProcessClock(this.#proc, () => nowMs);
    if (slices.isOver()) await slices.next();
    const again = this.#pickAgain(pids, nowMs);
    const processes = new Map<number, NodeProcess>();
    const joined = new Set<string | null>();
    const problems = problem === undefined ? [] : [problem];
    for (const pid of pids) {
      const known = this.#entries.get(pid);
      if (known !== undefined && !again.has(pid)) {
        processes.set(pid, known.process);
        continue;
      }
      if (slices.isOver()) await slices.next();
      const before = known?.process;
      const isYoung = nowMs < (known?.settledAtMs ?? Number.POSITIVE_INFINITY);
      const read = attempt(() => this.#read(pid, known, isYoung), problems);
      if (read === undefined) continue;
      if (known !== undefined && known.process.startTicks === read.startTicks) known.process = read;
      else this.#entries.set(pid, { process: read, settledAtMs: this.#settledAt(clock, read, nowMs) });
      processes.set(pid, read);
      if (before?.network !== read.network) joined.add(read.network);
    }
    // They are read at the next walk; until then they are nowhere.
    for (const pid of this.#findGone(processes, joined)) processes.delete(pid);
    for (const pid of this.#entries.keys()) if (!processes.has(pid)) this.#entries.delete(pid);
    this.#isFirst = false;
    return {
      processes,
      notes: pids.length === 0 ? problems.slice(0, 1) : [...problems.slice(0, 1), ...notesOf(processes)],
    };
  }

  #settledAt(clock: ProcessClock, { startTicks }: NodeProcess, nowMs: number): number {
    const startMs = clock.startMs(startTicks) ?? (this.#isFirst ? Number.NEGATIVE_INFINITY : nowMs);
    return Math.min(startMs, nowMs) + YOUNG_MS;
  }

  #pickAgain(pids: readonly number[], nowMs: number): ReadonlySet<number> {
    const again = new Set<number>();
    const settled: number[] = [];
    for (const pid of pids) {
      const entry = this.#entries.get(pid);
      if (entry === undefined) continue;
      const isGateway = GATEWAY_NAMES.has(entry.process.comm);
      // What started a gateway may have become one itself: a script that waited and then ran nginx in its own place.
      if (isGateway) again.add(entry.process.parent);
      if (nowMs < entry.settledAtMs || isGateway) again.add(pid);
      else settled.push(pid);
    }
    const count = Math.min(settled.length, Math.max(LEAST_AGAIN, Math.ceil(settled.length / WALKS_FOR_ALL)));
    const first = settled.findIndex((pid) => pid > this.#turn);
    for (let at = 0; at < count; at++) {
      const pid = settled[(Math.max(0, first) + at) % settled.length];
      again.add(pid);
      this.#turn = pid;
    }
    return again;
  }

  /**
   * Of networks that somebody has joined, the oldest that are not in it any more: the inode of a network whose processes are dead and not waited
   * for, or have gone elsewhere, is used again at once, and the oldest process says whose a network is.
   */
  #findGone(processes: ReadonlyMap<number, NodeProcess>, joined: ReadonlySet<string | null>): number[] {
    const members = new Map<string, NodeProcess[]>();
    for (const process of processes.values()) {
      if (process.network === null || !joined.has(process.network)) continue;
      const list = members.get(process.network);
      if (list === undefined) members.set(process.network, [process]);
      else list.push(process);
    }
    const gone: number[] = [];
    for (const [network, list] of members) {
      list.sort((one, other) => one.startTicks - other.startTicks || one.pid - other.pid);
      for (const { pid } of list) {
        if (attempt(() => this.#networkOf(pid), []) === network) break;
        gone.push(pid);
      }
    }
    return gone;
  }

  /** Undefined: it has ended, or hidepid hides it. A settled process stays in its cgroup. */
  #read(pid: number, known: Entry | undefined, isYoung: boolean): NodeProcess | undefined {
    const stat = readProcessStat(this.#proc, pid);
    if (stat === undefined) return undefined;
    const before = known?.process.startTicks === stat.startTicks ? known.process : undefined;
    const { startTicks, parent } = stat;
    const comm = stat.comm.slice(0, MAX_COMM);
    const network = this.#networkOf(pid);
    if (before !== undefined && !isYoung && before.comm === comm && before.network === network) {
      return before.parent === parent ? before : { ...before, parent };
    }
    const cgroup = unlessDenied(() => this.#proc.readPrefix(`${pid}/cgroup`, MAX_CGROUP_BYTES));
    const read = { pid, startTicks, parent, comm, network, ...parseCgroup(cgroup ?? '') };
    return before !== undefined && isSame(before, read) ? before : read;
  }

  #networkOf(pid: number): string | null {
    return unlessDenied(() => this.#proc.identity(`${pid}/net/netstat`)) ?? null;
  }
}

/** One process that cannot be read must not hide all others. */
function attempt<T>(read: () => T, problems: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push((error as Error).message);
    return undefined;
  }
}

function isSame(one: NodeProcess, other: NodeProcess): boolean {
  return (Object.keys(one) as (keyof NodeProcess)[]).every((field) => one[field] === other[field]);
}

function listPids(root: string): { readonly pids: readonly number[]; readonly problem?: string } {
  try {
    const pids: number[] = [];
    for (const name of readdirSync(root)) {
      const first = name.charCodeAt(0);
      if (first >= 49 && first <= 57 && /^\d{1,10}$/.test(name)) pids.push(Number(name));
    }
    return { pids: pids.sort((one, other) => one - other) };
  } catch (error) {
    return { pids: [], problem: `cannot list ${root}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}` };
  }
}

function notesOf(processes: ReadonlyMap<number, NodeProcess>): string[] {
  const notes: string[] = [];
  if (!processes.has(1)) notes.push('pid 1 is not visible (hidepid): other users’ processes may be hidden');
  let hidden = 0;
  for (const { network } of processes.values()) if (network === null) hidden++;
  if (hidden > 0) notes.push(`${hidden} processes do not show their network: ended, or not permitted`);
  return notes;
}
