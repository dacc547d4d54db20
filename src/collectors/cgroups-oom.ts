/** So long a kill is a bad state: scrapes, rules and people need time to see it. */
export const KILL_LASTS_MS = 600_000;

interface Seen {
  kills: number;
  /** When the last kill was seen; of those before the first look, that look. */
  movedMs: number | null;
  /** The last kill was before the first look. */
  isOld: boolean;
}

export interface KillsNow {
  /** Null: there were kills before the first look, when is not known. */
  readonly isActive: boolean | null;
  /** Since the look before, or since its making when this is the first look. */
  readonly delta: number;
  readonly isFirst: boolean;
}

/** Remembers the kill counters of cgroups, as long as they live. */
export class OomKills {
  #seen = new Map<string, Seen>();

  /** Forgets the cgroups that are not among these. */
  keep(identities: ReadonlySet<string>): void {
    for (const identity of this.#seen.keys()) if (!identities.has(identity)) this.#seen.delete(identity);
  }

  observe(identity: string, kills: number, nowMs: number): KillsNow {
    const before = this.#seen.get(identity);
    // A counter that falls is another cgroup's.
    if (before === undefined || kills < before.kills) {
      this.#seen.set(identity, { kills, movedMs: kills > 0 ? nowMs : null, isOld: true });
      return { isActive: kills > 0 ? null : false, delta: kills, isFirst: true };
    }
    const delta = kills - before.kills;
    if (delta > 0) Object.assign(before, { movedMs: nowMs, isOld: false });
    before.kills = kills;
    const isRecent = before.movedMs !== null && nowMs - before.movedMs < KILL_LASTS_MS;
    return { isActive: isRecent ? (before.isOld ? null : true) : false, delta, isFirst: false };
  }
}

interface PodSeen {
  kills: number;
  /** Kills of the pod that none of its containers has counted so far; below 0 after a look in which a container was ahead. */
  surplus: number;
  movedMs: number | null;
}

/**
 * A container that is killed takes its counter with it: the pod's (v2 counts what is below too) has the kill, none of the containers
 * that are there does.
 */
export class LostKills {
  #seen = new Map<string, PodSeen>();

  keep(identities: ReadonlySet<string>): void {
    for (const identity of this.#seen.keys()) if (!identities.has(identity)) this.#seen.delete(identity);
  }

  /**
   * `lost`: kills of containers that are gone, since the look before. `isActive`: there were some of late.
   * @param counted what the pod's containers counted since the look before; the pod is to be read before them
   */
  observe(
    identity: string,
    { kills, counted }: { kills: number; counted: number },
    nowMs: number,
  ): { lost: number; isActive: boolean } {
    const before = this.#seen.get(identity);
    if (before === undefined || kills < before.kills) {
      this.#seen.set(identity, { kills, surplus: 0, movedMs: null });
      return { lost: 0, isActive: false };
    }
    // A container may be ahead for one look; what it owes for longer was never the pod's growth.
    before.surplus = Math.max(before.surplus + kills - before.kills - counted, -counted);
    before.kills = kills;
    const lost = Math.max(0, before.surplus);
    if (lost > 0) Object.assign(before, { surplus: 0, movedMs: nowMs });
    return { lost, isActive: before.movedMs !== null && nowMs - before.movedMs < KILL_LASTS_MS };
  }
}
