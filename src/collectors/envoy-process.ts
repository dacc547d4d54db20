import type { CollectorContext } from '../contract/unit.ts';
import type { ServerInfo } from '../parse/envoy-server-info.ts';
import { type Base, isLocal } from '../sources/http-get.ts';
import { findGatewayPids } from '../sources/node/gateway-pids.ts';
import { networkOf } from '../sources/node-network.ts';
import { ProcessClock } from '../sources/process-clock.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
import { openProcfs, type Procfs } from '../sources/procfs.ts';

export interface ProcessName {
  readonly pid: number;
  readonly startTicks: number;
}

/** An Envoy reads its clock for the first time so long after the process began, on a busy machine. */
const BEGINS_MS = 3_000;
/** Its uptime is in whole seconds. */
const ROUNDED_MS = 1_100;
const TRY_EVERY_MS = 60_000;
const MAX_CMDLINE_BYTES = 64 * 1024;

/**
 * Which process answers on an admin interface. Nobody without privileges is told whose a listening socket is, so it is found by what it says of
 * itself: when it began and which configuration it was given. Only where one process fits.
 */
export class EnvoyProcess {
  readonly #base: Base;
  readonly #context: Pick<CollectorContext<never>, 'node' | 'clock' | 'paths'>;
  readonly #proc: Procfs;
  #found: ProcessName | undefined;
  #startMs = 0;
  #nextMs = 0;

  constructor(base: Base, context: Pick<CollectorContext<never>, 'node' | 'clock' | 'paths'>) {
    this.#base = base;
    this.#context = context;
    this.#proc = openProcfs(context.paths.proc);
  }

  /** Undefined: it is not on this node, not visible, or several fit. */
  async find(server: ServerInfo): Promise<ProcessName | undefined> {
    if (!isLocal(this.#base)) return undefined;
    const nowMs = this.#context.clock.now();
    const startMs = nowMs - server.uptimeSeconds * 1000;
    const isAnother = Math.abs(startMs - this.#startMs) > 2 * ROUNDED_MS;
    const isGone =
      this.#found !== undefined && readProcessStat(this.#proc, this.#found.pid)?.startTicks !== this.#found.startTicks;
    if (isAnother || isGone) [this.#found, this.#nextMs, this.#startMs] = [undefined, 0, startMs];
    if (this.#found !== undefined || nowMs < this.#nextMs) return this.#found;
    this.#nextMs = nowMs + TRY_EVERY_MS;
    const { envoy } = await findGatewayPids(this.#context.node);
    const clock = new ProcessClock(this.#proc, () => this.#context.clock.now());
    const fitting = envoy.flatMap((pid) => this.#fitting(pid, { clock, startMs, configPath: server.configPath }));
    this.#found = fitting.length === 1 ? fitting[0] : undefined;
    return this.#found;
  }

  #fitting(pid: number, said: { clock: ProcessClock; startMs: number; configPath: string }): ProcessName[] {
    const stat = readProcessStat(this.#proc, pid);
    const beganMs = stat === undefined || stat.isZombie ? null : said.clock.startMs(stat.startTicks);
    if (stat === undefined || beganMs === null) return [];
    const beforeMs = said.startMs - beganMs;
    if (beforeMs < -ROUNDED_MS || beforeMs > BEGINS_MS + ROUNDED_MS) return [];
    const words = unlessDenied(() => this.#proc.readPrefix(`${pid}/cmdline`, MAX_CMDLINE_BYTES))?.split('\0') ?? [];
    if (said.configPath !== '' && !words.some((word) => word.endsWith(said.configPath))) return [];
    return this.#isWhereItListens(pid) ? [{ pid, startTicks: stat.startTicks }] : [];
  }

  /** What answers on our loopback is in our network; a unix socket may be of any. */
  #isWhereItListens(pid: number): boolean {
    if ('socketPath' in this.#base) return true;
    const own = networkOf(this.#proc, 'self');
    return own !== undefined && networkOf(this.#proc, pid) === own;
  }
}
