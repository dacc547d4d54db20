import type { Subject } from '../contract/metrics.ts';
import type { NodeNetwork, NodeProcess } from '../contract/node.ts';
import { workloadOfPod } from '../sources/pod-log-path.ts';
import { readProcessStat, unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';

/** Where Istio, Kuma and Consul have the pod's connections redirected to: those that go out, and (Istio, Kuma) come in. */
const [OUTBOUND, INBOUND] = [15_001, 15_006];
const REDIRECT_PORTS = [OUTBOUND, INBOUND];
/** What Istio's Envoy opens in any mode of interception: health and metrics. */
const OWN_PORTS = [15_021, 15_090] as const;
const AGENT = 'pilot-agent';
const MAX_TITLE_BYTES = 256;

interface Known {
  /** Redirect ports that listened beside a sidecar's process. */
  readonly had: Set<number>;
  /** The network has an agent that is to run a sidecar. */
  isAgentSeen: boolean;
}

export interface SidecarVerdict {
  /** Null: nothing says that the pod has a sidecar. */
  readonly isDown: boolean | null;
  readonly evidence: string;
  /** It was there: that it is not cannot be a start on its way. */
  readonly wasUp: boolean;
}

const UNKNOWN: SidecarVerdict = { isDown: null, evidence: '', wasUp: false };

/**
 * Follows whether a pod whose connections are redirected still has the Envoy that they are redirected to. The rules that redirect are
 * shown to nobody without privilege: that they are there is told by a sidecar that listened, or by the agent that starts one.
 */
export class Sidecars {
  readonly #proc: Procfs;
  readonly #known = new Map<string, Known>();

  constructor(proc: Procfs) {
    this.#proc = proc;
  }

  /** Networks that have one, or an agent that is to run one. */
  get size(): number {
    return this.#known.size;
  }

  /** Whether there is anything to follow, although it may be neither a gateway nor a backend any more. */
  isFollowed({ key, kind, processes }: NodeNetwork): boolean {
    return kind !== 'host' && (this.#known.has(key) || processes.some(({ comm }) => comm === AGENT));
  }

  /** `ports`: all that listen in the network. */
  judge({ key, kind, processes }: NodeNetwork, ports: ReadonlySet<number>): SidecarVerdict {
    if (kind === 'host') return UNKNOWN;
    const hasEnvoy = processes.some(({ comm }) => comm === 'envoy');
    const agent = processes.find(({ comm }) => comm === AGENT);
    const known = this.#known.get(key) ?? { had: new Set<number>(), isAgentSeen: false };
    known.isAgentSeen ||= agent !== undefined && this.#isSidecarAgent(agent.pid);
    if (hasEnvoy || agent !== undefined) for (const port of REDIRECT_PORTS) if (ports.has(port)) known.had.add(port);
    if (known.had.size > 0 || known.isAgentSeen) this.#known.set(key, known);
    const lost = [...known.had].filter((port) => !ports.has(port));
    // In a pod that ends the agent has Envoy take nothing new first and waits (/drain_listeners?inboundonly).
    if (hasEnvoy && lost.every((port) => port === INBOUND) && lost.length > 0 && ports.has(OUTBOUND)) return UNKNOWN;
    const wasUp = known.had.size > 0;
    if (lost.length > 0)
      return { isDown: true, evidence: `nothing listens on port ${lost.join(', ')} any more`, wasUp };
    if (wasUp) return { isDown: false, evidence: `port ${[...known.had].join(', ')} listens`, wasUp };
    // An agent whose Envoy runs may be one that redirects nothing (interception mode NONE).
    const isMissing = known.isAgentSeen && !hasEnvoy && !OWN_PORTS.some((port) => ports.has(port));
    return isMissing ? { isDown: true, evidence: 'it has an agent for a sidecar and no Envoy', wasUp } : UNKNOWN;
  }

  /** Whether the Envoy that the last look showed in the network is still there; null: it never was known to listen. */
  isAlive({ key, processes }: NodeNetwork): boolean | null {
    if ((this.#known.get(key)?.had.size ?? 0) === 0) return null;
    const isThere = ({ pid, startTicks }: NodeProcess) => {
      const stat = readProcessStat(this.#proc, pid);
      return stat?.startTicks === startTicks && !stat.isZombie;
    };
    return processes.some((one) => one.comm === 'envoy' && isThere(one));
  }

  /** Only these networks are there still. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
  }

  /** `pilot-agent proxy sidecar`; of a mesh's gateway it is `proxy router`, and nothing is redirected. */
  #isSidecarAgent(pid: number): boolean {
    const title = unlessDenied(() => this.#proc.readPrefix(`${pid}/cmdline`, MAX_TITLE_BYTES));
    const [, command, role] = title?.split('\0') ?? [];
    return command === 'proxy' && role === 'sidecar';
  }
}

/** The pod: who runs the sidecar in it nobody tells. */
export function sidecarOf({ labels: { namespace, pod } }: NodeNetwork): Subject {
  return { namespace, pod, container: '', gateway: pod === '' ? 'envoy' : workloadOfPod(pod) };
}
