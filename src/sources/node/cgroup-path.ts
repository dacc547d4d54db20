/** Whose a process is, by the names that kubelet and container runtimes give to cgroups. */
export interface CgroupOwner {
  /** With dashes, or 32 hexadecimal digits for a static pod; '' when no pod is named. */
  readonly podUid: string;
  /** 64 hexadecimal digits; '' when no container is named. */
  readonly containerId: string;
}

const NOBODY: CgroupOwner = { podUid: '', containerId: '' };

/**
 * `kubepods/burstable/pod<uid>` (cgroupfs driver), `kubepods-burstable-pod<uid_with_underscores>.slice` (systemd driver): pkg/kubelet/cm in
 * kubernetes. Static pods have 32 digits without dashes.
 */
const POD =
  /(?:^|[/-])pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f_-])/;
/** After `/`, `cri-containerd-`, `cri-containerd:`, `crio-`, `docker-`, `libpod-`. */
const CONTAINER = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/;
/** The monitor of a container (CRI-O, podman) is not in it, though its cgroup bears the container's id. */
const MONITOR = /conmon-[0-9a-f]{64}/;

/**
 * Reads `/proc/<pid>/cgroup`: one line of v2 or a line per v1 hierarchy, of which not all need name the pod. A process may make cgroups below
 * its own and call them as it likes, so the outermost pod counts and the container next below it.
 */
export function parseCgroup(text: string): CgroupOwner {
  let container: CgroupOwner | undefined;
  for (const line of text.split('\n')) {
    // hierarchy:controllers:path
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    if (!path.startsWith('/')) continue;
    if (MONITOR.test(path)) return NOBODY;
    const pod = POD.exec(path);
    const containerId = CONTAINER.exec(pod === null ? path : path.slice(pod.index + pod[0].length))?.[0] ?? '';
    if (pod !== null) return { podUid: pod[1].replaceAll('_', '-'), containerId };
    if (containerId !== '') container ??= { podUid: '', containerId };
  }
  return container ?? NOBODY;
}
