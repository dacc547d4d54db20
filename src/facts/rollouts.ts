import type { Clock } from '../contract/unit.ts';

/** What comes and goes within this time belongs together; so long after its last pod a rollout may still fail requests. */
const BURST_MS = 60_000;
/** Verdicts are said late. */
const KEPT_MS = 2 * BURST_MS;
const MOST_BURSTS = 5_000;

interface Burst {
  readonly firstMs: number;
  lastMs: number;
  readonly came: Set<string>;
  readonly left: Set<string>;
  isRollout: boolean;
  /** Until then its time has been taken. */
  takenMs: number;
}

export interface Replaced {
  readonly leaver: string;
  readonly newcomer: string;
}

/** Services whose pods are being replaced: from the first pod that came or left until a minute after the last. */
export class Rollouts {
  readonly #clock: Clock;
  /** By Service, those that were quiet for longest first. */
  readonly #bursts = new Map<string, Burst>();
  /** Milliseconds that nobody has taken yet of rollouts that are forgotten. */
  readonly #left = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Pods of the Service (`namespace/name`) came and left. Returns two of them when that shows it to be a rollout. */
  changed(service: string, came: readonly string[], left: readonly string[]): Replaced | null {
    const burst = this.#burst(service);
    for (const pod of came) if (!burst.left.delete(pod)) burst.came.add(pod);
    for (const pod of left) if (!burst.came.delete(pod)) burst.left.add(pod);
    const [[newcomer], [leaver]] = [burst.came, burst.left];
    if (burst.isRollout || newcomer === undefined || leaver === undefined) return null;
    burst.isRollout = true;
    return { leaver, newcomer };
  }

  /** Whether the Service was rolled out at any time between the moments (milliseconds since the epoch), as far as is known now. */
  isDuring(service: string, sinceMs: number, atMs: number): boolean {
    const burst = this.#bursts.get(service);
    return burst?.isRollout === true && atMs >= burst.firstMs && sinceMs <= burst.lastMs + BURST_MS;
  }

  /** How long each Service was rolled out since this was last asked, milliseconds; also those that have just begun, with 0. */
  take(): Map<string, number> {
    const taken = new Map(this.#left);
    this.#left.clear();
    for (const [service, burst] of this.#bursts)
      if (burst.isRollout) taken.set(service, (taken.get(service) ?? 0) + this.#elapsed(burst));
    return taken;
  }

  #burst(service: string): Burst {
    const nowMs = this.#clock.now();
    const before = this.#bursts.get(service);
    const isOver = before === undefined || Math.abs(nowMs - before.lastMs) > BURST_MS;
    if (before !== undefined && isOver) this.#forget(service, before);
    const burst = isOver ? newBurst(nowMs) : before;
    burst.lastMs = nowMs;
    this.#bursts.delete(service);
    this.#bursts.set(service, burst);
    for (const [oldest, one] of this.#bursts) {
      if (this.#bursts.size <= MOST_BURSTS && Math.abs(nowMs - one.lastMs) <= KEPT_MS) break;
      this.#forget(oldest, one);
    }
    return burst;
  }

  #forget(service: string, burst: Burst): void {
    this.#bursts.delete(service);
    const elapsedMs = burst.isRollout ? this.#elapsed(burst) : 0;
    if (elapsedMs > 0) this.#left.set(service, (this.#left.get(service) ?? 0) + elapsedMs);
  }

  #elapsed(burst: Burst): number {
    const untilMs = Math.min(this.#clock.now(), burst.lastMs + BURST_MS);
    const elapsedMs = Math.max(0, untilMs - burst.takenMs);
    burst.takenMs = Math.max(burst.takenMs, untilMs);
    return elapsedMs;
  }
}

function newBurst(nowMs: number): Burst {
  return { firstMs: nowMs, lastMs: nowMs, came: new Set(), left: new Set(), isRollout: false, takenMs: nowMs };
}
