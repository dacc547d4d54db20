import { readdirSync } from 'node:fs';
import type { PodName } from '../../contract/node.ts';
import type { Clock } from '../../contract/unit.ts';
import { podOfLogDirectory } from '../pod-log-path.ts';

const POD_LOGS = '/var/log/pods';
/** Between two looks at the directory for pods whose name is not known. */
const LIST_AGAIN_MS = 5_000;
/** A pod that has no directory after so many looks has none. */
const MOST_LOOKS = 12;
const MOST_PODS = 4096;
/** A name comes with the next look at the directory, or with the first list of the API. */
const AWAITED_MS = 30_000;

export interface PodNamesOptions {
  readonly clock: Clock;
  /** The root under which the host's files are seen. */
  readonly root: string;
  /** What the cluster says of a pod of this node; undefined: it is not asked, or does not know it. */
  readonly podByUid: (uid: string) => PodName | undefined;
  /** Whether the cluster is asked at all. */
  readonly isClusterAsked: () => boolean;
}

/** Names of pods by uid: from the cluster, else as kubelet names the directories of their logs, which needs no API. */
export class PodNames {
  readonly #options: PodNamesOptions;
  #listed = new Map<string, PodName>();
  #looks = new Map<string, number>();
  /** When each of those without a name was first asked for. */
  #namelessMs = new Map<string, number>();
  #listedMs = Number.NEGATIVE_INFINITY;
  #problem = '';

  constructor(options: PodNamesOptions) {
    this.#options = options;
  }

  /** Asks for all at once; what the directory does not name is not asked for for ever. */
  find(uids: ReadonlySet<string>): ReadonlyMap<string, PodName> {
    const found = new Map<string, PodName>();
    const unknown: string[] = [];
    for (const uid of uids) {
      // A static pod has another uid in the API than on its node.
      const name = this.#options.podByUid(uid) ?? this.#listed.get(uid);
      if (name === undefined) unknown.push(uid);
      else found.set(uid, name);
    }
    if (this.#list(unknown)) {
      for (const uid of unknown) {
        const name = this.#listed.get(uid);
        if (name !== undefined) found.set(uid, name);
      }
    }
    const nowMs = this.#options.clock.now();
    const nameless = unknown.filter((uid) => !found.has(uid));
    // When the clock was set back it counts from now.
    this.#namelessMs = new Map(nameless.map((uid) => [uid, Math.min(this.#namelessMs.get(uid) ?? nowMs, nowMs)]));
    return found;
  }

  /** Those of the last `find` without a name that may still get one. */
  awaited(): ReadonlySet<string> {
    if (this.#problem !== '' && !this.#options.isClusterAsked()) return new Set();
    const sinceMs = this.#options.clock.now() - AWAITED_MS;
    return new Set([...this.#namelessMs].filter(([, firstMs]) => firstMs > sinceMs).map(([uid]) => uid));
  }

  /** Why names may be missing; '' when nothing stands against it. */
  problem(): string {
    return this.#problem;
  }

  #list(unknown: readonly string[]): boolean {
    const nowMs = this.#options.clock.now();
    const wanted = unknown.filter((uid) => (this.#looks.get(uid) ?? 0) < MOST_LOOKS);
    const ageMs = nowMs - this.#listedMs;
    // A clock that was set back says nothing of the age.
    if (wanted.length === 0 || (ageMs >= 0 && ageMs < LIST_AGAIN_MS)) return false;
    this.#listedMs = nowMs;
    this.#looks = new Map(unknown.map((uid) => [uid, (this.#looks.get(uid) ?? 0) + 1]));
    const directory = `${this.#options.root.replace(/\/+$/, '')}${POD_LOGS}`;
    try {
      this.#listed = namesIn(readdirSync(directory));
      this.#problem = '';
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#problem = `pods may have no name: cannot list ${directory} (${code})`;
    }
    return true;
  }
}

function namesIn(directories: readonly string[]): Map<string, PodName> {
  const names = new Map<string, PodName>();
  for (const directory of directories) {
    const pod = podOfLogDirectory(directory);
    if (pod !== null && names.size < MOST_PODS) names.set(pod.uid, { namespace: pod.namespace, pod: pod.pod });
  }
  return names;
}
