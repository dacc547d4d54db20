import type { CgroupDirectory } from '../sources/cgroup.ts';
import { KILL_LASTS_MS } from './cgroups-oom.ts';
import { type CgroupGroup, MOST_CGROUPS } from './cgroups-watch.ts';

interface Remembered {
  readonly group: CgroupGroup & { readonly pod: CgroupDirectory };
  /** When it last had a container. */
  readonly atMs: number;
}

/**
 * The cgroups of pods, also while none of their containers runs: the kill that ended the only one is counted in its pod's, and the next
 * container may be minutes away.
 */
export class PodCgroups {
  #known = new Map<string, Remembered>();

  /**
   * Takes what is there now.
   * @returns pods that have no container now, as they were when they had one, and the names of containers that others have lost since the
   * look before, by the identity of the pod
   */
  follow(
    groups: readonly CgroupGroup[],
    nowMs: number,
  ): { readonly empty: readonly Remembered['group'][]; readonly lost: ReadonlyMap<string, readonly string[]> } {
    const before = this.#known;
    const lost = new Map<string, readonly string[]>();
    this.#known = new Map();
    for (const { pod, members } of groups) {
      if (pod === null) continue;
      const old = before.get(pod.identity)?.group.members ?? [];
      const there = new Set(members.map(identityOf));
      const gone = old.filter((member) => !there.has(identityOf(member)));
      lost.set(
        pod.identity,
        gone.map(({ subject }) => subject.container),
      );
      this.#known.set(pod.identity, { group: { pod, members }, atMs: nowMs });
    }
    const empty: Remembered['group'][] = [];
    for (const [identity, { group, atMs }] of before) {
      if (this.#known.has(identity) || this.#known.size >= 2 * MOST_CGROUPS) continue;
      // When the clock was set back it counts from now.
      if (nowMs - atMs >= KILL_LASTS_MS || !group.pod.isThere()) continue;
      this.#known.set(identity, { group, atMs: Math.min(atMs, nowMs) });
      lost.set(
        identity,
        group.members.map(({ subject }) => subject.container),
      );
      empty.push(group);
    }
    return { empty, lost };
  }

  /** Identities of those that are followed. */
  identities(): ReadonlySet<string> {
    return new Set(this.#known.keys());
  }
}

/** A container that is started again has another id, and mostly the same name. */
function identityOf({ process: { containerId, pid, startTicks } }: CgroupGroup['members'][number]): string {
  return containerId || `${pid}:${startTicks}`;
}
