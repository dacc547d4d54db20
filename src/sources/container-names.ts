import { readdirSync } from 'node:fs';
import { podOfLogDirectory } from './pod-log-path.ts';

/** kubelet's links `<pod>_<namespace>_<container>-<id>.log`: legacyLogSymlink in pkg/kubelet/kuberuntime/legacy.go. */
const LOG_LINK = /^[a-z0-9.-]{1,253}_[a-z0-9-]{1,63}_([a-z0-9-]{1,63})-([0-9a-f]{64})\.log$/;
const CONTAINER = /^[a-z0-9-]{1,63}$/;
const MOST_NAMES = 10_000;

export interface ContainerRef {
  readonly podUid: string;
  /** 64 hexadecimal digits. */
  readonly containerId: string;
}

/**
 * Names of containers by the names of kubelet's log files, without the API: a cgroup has the id only. Where /var/log/containers is not
 * seen, a pod with logs of one container tells that one's name.
 */
export class ContainerNames {
  readonly #root: string;
  readonly #names = new Map<string, string>();

  /** @param root under which the host's files are seen */
  constructor(root: string) {
    this.#root = root.replace(/\/+$/, '');
  }

  /** Looks for the names of all at once, and keeps those only. `alone`: no other container of its pod is there. */
  find(containers: readonly (ContainerRef & { readonly alone: boolean })[]): ReadonlyMap<string, string> {
    const wanted = new Set(containers.map(({ containerId }) => containerId));
    for (const id of this.#names.keys()) if (!wanted.has(id)) this.#names.delete(id);
    const unknown = containers.filter(({ containerId }) => !this.#names.has(containerId));
    if (unknown.length > 0) this.#look(unknown);
    return this.#names;
  }

  #look(unknown: readonly (ContainerRef & { readonly alone: boolean })[]): void {
    const ids = new Set(unknown.map(({ containerId }) => containerId));
    for (const file of this.#list('/var/log/containers')) {
      const [, name, id] = LOG_LINK.exec(file) ?? [];
      if (ids.has(id)) this.#names.set(id, name);
    }
    const alone = unknown.filter((one) => one.alone && one.podUid !== '' && !this.#names.has(one.containerId));
    if (alone.length === 0) return;
    const directories = new Map(this.#list('/var/log/pods').map((name) => [podOfLogDirectory(name)?.uid, name]));
    for (const { podUid, containerId } of alone) {
      const directory = directories.get(podUid);
      // Containers that have ended, as those that initialise, leave their directory.
      const names = directory === undefined ? [] : this.#list(`/var/log/pods/${directory}`);
      if (names.length === 1 && CONTAINER.test(names[0])) this.#names.set(containerId, names[0]);
    }
  }

  /** Nothing where it is not there or may not be listed: the container has its short id then. */
  #list(directory: string): string[] {
    try {
      return readdirSync(this.#root + directory).slice(0, MOST_NAMES);
    } catch {
      return [];
    }
  }
}
