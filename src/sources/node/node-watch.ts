import type { NodeLook, NodeNetwork, NodeProcess, NodeView, PodName } from '../../contract/node.ts';
import type { Clock, Paths } from '../../contract/unit.ts';
import { findNetworkNamespaces } from '../network-namespaces.ts';
import { findNodeNetworks, networkOf } from '../node-network.ts';
import { NotPermittedError, openProcfs, type Procfs } from '../procfs.ts';
import { NetworkAddresses } from './network-addresses.ts';
import { type Naming, NetworkNaming } from './network-labels.ts';
import { type NetworkGroup, NetworkTable } from './network-table.ts';
import { PodNames } from './pod-names.ts';
import { GATEWAY_NAMES, ProcessTable } from './process-table.ts';
import { RelevantNetworks } from './relevant-networks.ts';
import { Slices } from './slices.ts';

export interface NodeWatchOptions {
  /** Where /proc and the host's files are; may change between two looks. */
  readonly paths: () => Paths;
  readonly clock: Clock;
  /** Canonical addresses that proxies use as upstreams'. */
  readonly upstreamAddresses: () => ReadonlySet<string>;
  /** What the cluster says of a pod of this node. */
  readonly podByUid?: (uid: string) => PodName | undefined;
  /** Whether the cluster is asked for pods. */
  readonly isClusterAsked?: () => boolean;
  /** So many networks more are relevant and left out because there are too many; each is told once. */
  readonly onLeftOut?: (count: number) => void;
}

/** Whatever is new, all processes are not looked at more often for it. */
const NEWS_EVERY_MS = 2_000;

/** What is remembered from look to look, as long as it is the same /proc. */
interface Memory {
  readonly paths: Paths;
  readonly proc: Procfs;
  readonly processes: ProcessTable;
  readonly networks: NetworkTable;
  readonly addresses: NetworkAddresses;
  readonly pods: PodNames;
  readonly relevant: RelevantNetworks;
}

export class NodeWatch implements NodeView {
  readonly #options: NodeWatchOptions;
  #memory: Memory | undefined;
  #last: NodeLook | undefined;
  /** What the last look went by: upstreams' addresses, and pods that had no name yet. */
  #lastUpstreams: ReadonlySet<string> = new Set();
  #nameless: readonly string[] = [];
  #running: Promise<NodeLook> | undefined;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
  }

  /** The last look; undefined before the first. */
  last(): NodeLook | undefined {
    return this.#last;
  }

  /** What is new since the last look makes it too old: an address of an upstream, or the name of a pod. */
  look(maxAgeMs: number): Promise<NodeLook> {
    if (this.#running !== undefined) return this.#running;
    const memory = this.#remember();
    const ageMs = this.#last === undefined ? Number.POSITIVE_INFINITY : this.#options.clock.now() - this.#last.atMs;
    // A clock that was set back says nothing of the age.
    const isYoung = ageMs >= 0 && ageMs <= maxAgeMs && (ageMs < NEWS_EVERY_MS || !this.#hasNews());
    if (this.#last !== undefined && isYoung) return Promise.resolve(this.#last);
    this.#running = this.#lookNow(memory).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  markMoved(key: string): void {
    this.#memory?.relevant.markMoved(key);
  }

  #hasNews(): boolean {
    const { upstreamAddresses, podByUid } = this.#options;
    for (const ip of upstreamAddresses()) if (!this.#lastUpstreams.has(ip)) return true;
    return podByUid !== undefined && this.#nameless.some((uid) => podByUid(uid) !== undefined);
  }

  async #lookNow(memory: Memory): Promise<NodeLook> {
    const atMs = this.#options.clock.now();
    const slices = new Slices();
    const { processes, notes: unseen } = await memory.processes.walk(atMs, slices);
    if (slices.isOver()) await slices.next();
    const groups = memory.networks.group(processes);
    if (slices.isOver()) await slices.next();
    const upstreams = this.#options.upstreamAddresses();
    const ips = upstreams.size === 0 ? undefined : await memory.addresses.read(groups, atMs, slices);
    const { note, ...roles } = findRoles(memory.proc, processes);
    const uids = new Set<string>();
    for (const { podUid } of processes.values()) if (podUid !== '') uids.add(podUid);
    const pods = memory.pods.find(uids);
    const awaited = memory.pods.awaited();
    if (slices.isOver()) await slices.next();
    const naming = new NetworkNaming({ ...roles, podOf: (uid) => pods.get(uid) });
    const networks = groups.map((group) => describe(group, naming, { ips: ips?.get(group.key) ?? [], upstreams }));
    const problems = [
      ips === undefined ? '' : memory.addresses.problem(),
      pods.size < uids.size ? memory.pods.problem() : '',
    ];
    const notes = [note, ...unseen, ...problems].filter(Boolean);
    this.#lastUpstreams = upstreams;
    this.#nameless = [...uids].filter((uid) => !pods.has(uid));
    this.#last = { atMs, processes, networks: memory.relevant.choose(networks), pods, awaited, notes };
    return this.#last;
  }

  #remember(): Memory {
    const paths = this.#options.paths();
    const known = this.#memory;
    if (known !== undefined && known.paths.proc === paths.proc && known.paths.root === paths.root) return known;
    this.#last = undefined;
    const proc = openProcfs(paths.proc);
    const { clock, podByUid = () => undefined, isClusterAsked = () => false, onLeftOut = () => {} } = this.#options;
    const pods = new PodNames({ clock, root: paths.root, podByUid, isClusterAsked });
    this.#memory = {
      ...{ paths, proc, processes: new ProcessTable(proc), networks: new NetworkTable() },
      ...{ addresses: new NetworkAddresses(proc), pods },
      relevant: new RelevantNetworks(onLeftOut),
    };
    return this.#memory;
  }
}

type Described = Omit<NodeNetwork, 'hasMoved' | 'isRelevant'>;

function describe(
  group: NetworkGroup,
  naming: NetworkNaming,
  { ips, upstreams }: { readonly ips: readonly string[]; readonly upstreams: ReadonlySet<string> },
): Described {
  const { key, identity, processes } = group;
  return {
    ...{ key, identity, processes, ips },
    ...naming.name(group),
    isGateway: processes.some(({ comm }) => GATEWAY_NAMES.has(comm)),
    isBackend: ips.some((ip) => upstreams.has(ip)),
  };
}

type Roles = Omit<Naming, 'podOf'> & { readonly note: string };

/** A pid 1 that is a gateway itself is its container's, not the node's. */
function findRoles(proc: Procfs, processes: ReadonlyMap<number, NodeProcess>): Roles {
  try {
    const isInit = !GATEWAY_NAMES.has(processes.get(1)?.comm ?? '');
    const [host] = findNodeNetworks(proc, isInit);
    const { list, note } = findNetworkNamespaces(proc, 'auto');
    // As netstat labels it.
    const hostLabel = list.some(({ labels }) => labels.netns === 'host') ? 'host' : 'process';
    return { host, hostLabel, own: networkOf(proc, 'self'), note };
  } catch (error) {
    if (!(error instanceof NotPermittedError)) throw error;
    return { host: undefined, hostLabel: 'host', own: undefined, note: 'our own network is not permitted to be seen' };
  }
}
