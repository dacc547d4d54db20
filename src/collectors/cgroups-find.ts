import type { GatewayNames } from '../contract/gateway-names.ts';
import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { NodeLook, NodeNetwork, NodeProcess } from '../contract/node.ts';
import { parseMasterTitle } from '../sources/nginx-discovery-title.ts';
import { unlessDenied } from '../sources/process-stat.ts';
import type { Procfs } from '../sources/procfs.ts';
import { subjectOf } from './gateway-subject.ts';
import { gatewayOf } from './nginx-config-place.ts';
import type { OwnPod } from './own-pod.ts';

/** A container of a gateway's or a backend's pod, or a gateway outside of containers. */
export interface Candidate {
  /** The oldest of its processes. */
  readonly process: NodeProcess;
  readonly pod: OwnPod | null;
  /** '' for a backend's. */
  readonly gateway: string;
  /** The only container of its pod that is to be looked at. */
  readonly alone: boolean;
}

export interface FindOptions {
  readonly proc: Procfs;
  /** The pod that badgateway is in, as the environment says; '' outside. */
  readonly own: OwnPod;
  readonly settings: readonly GatewaySettings[];
  readonly names?: GatewayNames | undefined;
}

const NGINX = new Set(['nginx', 'angie']);
const MAX_TITLE_BYTES = 4096;
const SHORT_ID = 12;
/** The sandbox of a pod: it does nothing but hold the namespaces. */
const SANDBOX = 'pause';

/** What is to be looked at, gateways first. A network's backend is looked at only where everything in it is one pod. */
export function findCandidates(look: NodeLook, options: FindOptions): Candidate[] {
  const { awaited, pods } = look;
  // Nothing is told of a gateway under another name while that of its pod may still come.
  const isNamed = ({ gateway, process: { podUid }, pod }: Candidate) =>
    gateway === '' || pod?.pod === options.own.pod || !awaited.has(podUid);
  const found = look.networks.flatMap((network) => candidatesIn(network, pods, options)).filter(isNamed);
  return found.sort((left, right) => Number(left.gateway === '') - Number(right.gateway === ''));
}

function candidatesIn(network: NodeNetwork, pods: NodeLook['pods'], options: FindOptions): Candidate[] {
  if (!network.isGateway && !network.isBackend) return [];
  const gateways = network.isGateway ? gatewaysOf(network, options) : new Map<number, Gateway>();
  const groups = groupBy(network.processes).filter((processes) => {
    const isContainer = processes[0].containerId !== '' && processes.some(({ comm }) => comm !== SANDBOX);
    return (isContainer && network.kind !== 'host') || processes.some(({ pid }) => gateways.has(pid));
  });
  const [first] = gateways.values();
  return groups.map((processes) => {
    const [process] = processes;
    const own = processes.map(({ pid }) => gateways.get(pid)).find((one) => one !== undefined);
    // The other containers of a gateway's pod are the gateway's too.
    const gateway = own ?? (process.containerId === '' ? undefined : first);
    const alone = groups.filter(([other]) => other.podUid === process.podUid).length === 1;
    return { process, alone, ...nameOf(gateway, podOf(network, process, { own: options.own, pods })) };
  });
}

type Group = [NodeProcess, ...NodeProcess[]];

/** By container; processes outside of containers are one by one. */
function groupBy(processes: readonly NodeProcess[]): Group[] {
  const groups = new Map<string, Group>();
  for (const process of processes) {
    const { pid, podUid, containerId } = process;
    const key = containerId === '' ? `${pid}` : `${podUid}:${containerId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [process]);
    else group.push(process);
  }
  return [...groups.values()];
}

interface Gateway {
  /** Of its configuration. */
  readonly name: string;
  /** By a user. */
  readonly given: string | undefined;
  /** What `nginx_config` says of it. */
  readonly settings: GatewaySettings | undefined;
}

/** The gateways in a network by the pid of the nginx master or Envoy. */
function gatewaysOf({ processes }: NodeNetwork, { proc, settings, names }: FindOptions): Map<number, Gateway> {
  const found = new Map<number, Gateway>();
  const given = names?.ofMasters(processes.filter(({ comm }) => NGINX.has(comm)).map(({ pid }) => pid));
  for (const process of processes) {
    const { pid, startTicks } = process;
    const title = titleOf(proc, process);
    if (title === null) continue;
    const known = settings.find(({ master }) => master?.pid === pid && master.startTicks === startTicks);
    found.set(pid, { name: title, given: given?.get(pid)?.gateway, settings: known });
  }
  return found;
}

/** Null: it is neither an nginx master nor an Envoy. */
function titleOf(proc: Procfs, { pid, comm }: NodeProcess): string | null {
  if (comm === 'envoy') return 'envoy';
  if (!NGINX.has(comm)) return null;
  const title = parseMasterTitle(unlessDenied(() => proc.readPrefix(`${pid}/cmdline`, MAX_TITLE_BYTES)) ?? '');
  return title && gatewayOf(title.config ?? 'nginx');
}

interface Place {
  readonly pod: OwnPod;
  /** False: an id stands for the name. */
  readonly isNamed: boolean;
}

/** Null: outside of pods and containers. */
function podOf(
  { kind, labels }: NodeNetwork,
  { podUid, containerId }: NodeProcess,
  { own, pods }: { readonly own: OwnPod; readonly pods: NodeLook['pods'] },
): Place | null {
  if (kind === 'process' && own.pod !== '') return { pod: own, isNamed: true };
  const known = pods.get(podUid);
  if (known !== undefined) return { pod: known, isNamed: true };
  const id = podUid || containerId.slice(0, SHORT_ID);
  if (id === '') return null;
  const isNetworks = kind === 'pod' || kind === 'container';
  return { pod: isNetworks ? labels : { namespace: '', pod: id }, isNamed: false };
}

/** As the other collectors call the same gateway: a configured name comes before one that is found. */
function nameOf(gateway: Gateway | undefined, place: Place | null): Pick<Candidate, 'pod' | 'gateway'> {
  const pod = place?.pod ?? null;
  if (gateway === undefined) return { pod, gateway: '' };
  const said = gateway.settings?.subject;
  if (said !== undefined && said.pod !== '') return { pod: said, gateway: said.gateway };
  if (gateway.given !== undefined) return { pod, gateway: gateway.given };
  const name = said?.gateway || gateway.name;
  return { pod, gateway: subjectOf(place?.isNamed === true ? place.pod : null, name).gateway };
}

/** Value of `container`: the name where it is known, else the short id. */
export function labelsOf({ process, pod, gateway }: Candidate, names: ReadonlyMap<string, string>): Subject {
  const { containerId } = process;
  const container = names.get(containerId) ?? containerId.slice(0, SHORT_ID);
  return { namespace: pod?.namespace ?? '', pod: pod?.pod ?? '', container, gateway };
}
