import { readMaster, type WorkerProcess } from '../sources/nginx-workers.ts';
import type { Slices } from '../sources/node/slices.ts';
import type { ProcessClock } from '../sources/process-clock.ts';
import { readProcessStat } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';
import { type ProcessUsage, readOpenFds, readProportionalBytes, readUsage } from '../sources/worker-usage.ts';
import { type Generation, WorkerGenerations } from './nginx-config-generation.ts';
import type { NginxMaster } from './nginx-workers-find.ts';
import type { WorkersGateway } from './nginx-workers-gateway.ts';

/** A worker as one look found it; null is what cannot be known. */
export interface WorkerReading extends ProcessUsage {
  readonly isDraining: boolean;
  /** It has taken the place of one that crashed. */
  readonly isRespawned: boolean;
  /** Milliseconds since the epoch. */
  readonly startMs: number | null;
  readonly proportionalBytes: number | null | 'denied';
  /** Files that it has open for connections. Of one that shuts down without those that listened when it began. */
  readonly connections: number | null;
}

/** A look at one nginx. */
export interface MasterReading {
  readonly workers: readonly WorkerReading[];
  /** How its generation of workers came, when it is another one than at the look before. */
  readonly succession: 'reload' | 'replaced' | null;
  /** Workers started again after a crash since the look before. */
  readonly respawns: number;
}

export interface Look {
  readonly nowMs: number;
  readonly clock: ProcessClock;
  readonly slices: Slices;
}

interface WorkerMemory {
  /** Kept, so that a clock that is set later does not move it. */
  readonly startMs: number | null;
  isRespawned: boolean;
  /** Files that the master had open for all its workers while this one took connections: logs and sockets that listen. */
  shared: number | null;
  proportional: { readonly bytes: number | null | 'denied'; readonly atMs: number } | null;
}

interface SeenWorker {
  readonly memory: WorkerMemory;
  readonly reading: Omit<WorkerReading, 'connections'>;
}

/** Two of epoll and its event, and one of asynchronous file access where nginx has it. */
const LEAST_OWN_FDS = 2;
const MOST_OWN_FDS = 3;
/** Walking the page tables of large workers is not free. */
const PROPORTIONAL_EVERY_MS = 60_000;

/**
 * Watches the workers of one master. How many of a worker's files are connections is told without looking at them: a worker has all
 * files of the master, of the pairs of sockets between the two only one end of each, and two or three of its own
 * (ngx_spawn_process, ngx_worker_process_init and ngx_epoll_init).
 */
export class NginxWorkers {
  master: NginxMaster;
  /** Whom it was last counted for. */
  gateway: WorkersGateway | null = null;
  readonly #proc: Procfs;
  readonly #generations = new WorkerGenerations();
  #known = new Map<string, WorkerMemory>();
  #generation: Generation | null = null;
  #ownFds = MOST_OWN_FDS;

  constructor(master: NginxMaster, proc: Procfs) {
    this.master = master;
    this.#proc = proc;
  }

  /** The same process, with what is known of it now. */
  follow(master: NginxMaster): void {
    this.master = master;
  }

  isAlive(): boolean {
    return readProcessStat(this.#proc, this.master.pid)?.startTicks === this.master.startTicks;
  }

  /** Null: the master is gone. A worker that ends under the look is left out. */
  async read(look: Look): Promise<MasterReading | null> {
    const fdsBefore = readOpenFds(this.#proc, this.master.pid);
    const process = readMaster(this.#proc, this.master.pid);
    if (process?.startTicks !== this.master.startTicks) return null;
    const respawnsBefore = this.#generations.respawns;
    const generation = this.#generations.observe(process, look.clock, look.nowMs);
    const isNext = this.#generation !== null && generation !== null && generation.id !== this.#generation.id;
    this.#generation = generation;
    const seen = await this.#readWorkers(process.workers, look);
    const isSame = fdsBefore === readOpenFds(this.#proc, this.master.pid);
    if (!this.isAlive()) return null;
    return {
      workers: this.#countConnections(seen, isSame ? fdsBefore : null, process.channels),
      succession: isNext && generation.origin !== 'first' ? generation.origin : null,
      respawns: this.#generations.respawns - respawnsBefore,
    };
  }

  async #readWorkers(workers: readonly WorkerProcess[], { nowMs, clock, slices }: Look): Promise<SeenWorker[]> {
    const known = new Map<string, WorkerMemory>();
    const seen: SeenWorker[] = [];
    for (const worker of workers) {
      if (slices.isOver()) await slices.next();
      const key = `${worker.pid}:${worker.startTicks}`;
      const memory = this.#known.get(key) ?? newMemory(clock.startMs(worker.startTicks));
      memory.isRespawned ||= this.#generations.isRespawned(worker);
      const usage = readUsage(this.#proc, worker.pid);
      const proportionalBytes = this.#readProportional(memory, worker.pid, nowMs);
      // Another process may have got its pid.
      if (readProcessStat(this.#proc, worker.pid)?.startTicks !== worker.startTicks) continue;
      known.set(key, memory);
      const { startMs, isRespawned } = memory;
      const { isDraining } = worker;
      seen.push({ memory, reading: { ...usage, isDraining, isRespawned, startMs, proportionalBytes } });
    }
    this.#known = known;
    return seen;
  }

  /** Nothing is known of connections while processes come and go. */
  #countConnections(
    seen: readonly SeenWorker[],
    masterFds: number | null,
    channels: number | null,
  ): readonly WorkerReading[] {
    if (masterFds === null || channels === null) return seen.map(({ reading }) => ({ ...reading, connections: null }));
    const shared = masterFds - 2 * channels;
    // Told to quit, the master has closed what listened as its workers have.
    const isEnding = seen.every(({ reading }) => reading.isDraining);
    for (const { memory, reading } of seen) {
      // After a reload the master's files are those of the next generation.
      if (!reading.isDraining || isEnding || memory.shared === null) memory.shared = shared;
      if (reading.isDraining || reading.openFds === null) continue;
      this.#ownFds = Math.max(LEAST_OWN_FDS, Math.min(this.#ownFds, reading.openFds - shared - channels));
    }
    return seen.map(({ memory, reading }) => {
      const beyond = reading.openFds === null ? null : reading.openFds - memory.shared! - channels - this.#ownFds;
      // Below 0 are those that shut down: whoever knows how many sockets they listened on adds them.
      const connections = beyond === null || reading.isDraining ? beyond : Math.max(0, beyond);
      return { ...reading, connections };
    });
  }

  #readProportional(memory: WorkerMemory, pid: number, nowMs: number): number | null | 'denied' {
    const { proportional } = memory;
    // Also when the clock was set back.
    if (proportional !== null && Math.abs(nowMs - proportional.atMs) < PROPORTIONAL_EVERY_MS) return proportional.bytes;
    const bytes = readProportionalBytes(this.#proc, pid);
    memory.proportional = { bytes, atMs: nowMs };
    return bytes;
  }
}

function newMemory(startMs: number | null): WorkerMemory {
  return { startMs, isRespawned: false, shared: null, proportional: null };
}
