import type { Subject } from './metrics.ts';
import type { ProxyKind } from './names.ts';

/**
 * `placeholder`: an address that stands for something else and no backend has (ingress-nginx's 0.0.0.1, a socket that only
 * answers with a code). `hostname` and `variable`: only the running proxy knows the address.
 */
export type ServerKind = 'ip' | 'hostname' | 'unix' | 'variable' | 'placeholder';

/** A server of an upstream as the running proxy has it. */
export interface ServerInUse {
  readonly kind: ServerKind;
  /** Canonical IP address without brackets, name or path; '' for a variable. */
  readonly host: string;
  readonly port: number | null;
  /** `file:line` of the configuration; '' when it comes from elsewhere. */
  readonly place: string;
  /** The proxy itself keeps it out of service on purpose (Envoy: draining, pending removal; nginx: `down`). */
  readonly isDraining: boolean;
  /** Failures never take it out of service: of nginx with max_fails=0, or where it is the only server. */
  readonly isNeverTakenOut?: boolean;
  /** The proxy asks it by itself (active health checks of Envoy), and it failed when the proxy was read last. */
  readonly failsChecks?: boolean;
}

/** An upstream block of nginx or a cluster of Envoy. */
export interface UpstreamInUse {
  /** As configured; unique within the view. */
  readonly name: string;
  /** What names the Service better than `name`: Envoy's eds_service_name; '' without. */
  readonly alias: string;
  readonly servers: readonly ServerInUse[];
  /** What shows that it has no server because its name gives no address; absent: it has some, or lacks them for another reason. */
  readonly unresolved?: string;
  /** Idle connections that each worker of nginx keeps; absent: none is configured, or not known. */
  readonly keepalive?: number;
}

/** Where the addresses come from. `observed`: only those that failed requests and sockets have shown, never all. */
export const UPSTREAM_SOURCES = ['nginx_config', 'ingress_nginx', 'nginx_plus', 'envoy', 'observed'] as const;
export type UpstreamSource = (typeof UPSTREAM_SOURCES)[number];

/** All upstreams of one running proxy (replica), as one source sees them. */
export interface UpstreamsView {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly source: UpstreamSource;
  readonly upstreams: readonly UpstreamInUse[];
  /** When the source was last read, milliseconds since the epoch. */
  readonly readAtMs: number;
  /** Which process runs it; with its start (clock ticks since boot) the pid names it for good. Absent: not known. */
  readonly process?: { readonly pid: number; readonly startTicks: number };
}

/** `key` is unique over all sources: unit name and the gateway's file, address or pod. */
export interface UpstreamSink {
  /** Takes the view in place of what `key` said before. */
  report(key: string, view: UpstreamsView): void;
  /** What the gateway uses is not known for now: nothing is said of it until the next report, and what is measured goes on. */
  suspend(key: string): void;
  /** The gateway is gone or cannot be read any more. */
  remove(key: string): void;
}

/** An address with its port, as sockets and failed requests show them. */
export interface PeerSocket {
  /** Canonical IP address without brackets. */
  readonly ip: string;
  readonly port: number;
}

/** How many sockets there are towards an address. Each takes a local port, also in TIME_WAIT. */
export interface PeerSockets extends PeerSocket {
  readonly active: number;
  readonly timeWait: number;
  /** Of their local ports. */
  readonly lowest: number;
  readonly highest: number;
}

/** One look at the sockets of the network that a gateway has for itself. */
export interface SocketsSeen {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  /** `NodeNetwork.identity` */
  readonly network: string;
  /** Clients are not among them, nor what was beyond a limit. */
  readonly peers: readonly PeerSockets[];
  /** All of them were seen. */
  readonly isWhole: boolean;
  /** How many local ports connections to one address can have; null: not known, the network is not ours. */
  readonly localPorts: number | null;
  /** When it began, milliseconds since the epoch. */
  readonly atMs: number;
}

/** Addresses that a proxy was seen to use where nothing lists all of them. `atMs`: milliseconds since the epoch. */
export interface AddressSink {
  /** A connection to the address was begun or tried at `atMs` or after. */
  used(proxy: ProxyKind, subject: Subject, address: PeerSocket, atMs: number): void;
  /** At `atMs` there was a connection that is older: it says nothing of where new requests go. */
  held(proxy: ProxyKind, subject: Subject, address: PeerSocket, atMs: number): void;
  /** The gateway's sockets were read whole at `atMs`: what was not reported of that look is not there. */
  looked(proxy: ProxyKind, subject: Subject, atMs: number): void;
  /** `key` is the gateway's in its network; null: it cannot be seen any more. Not there: nobody wants to know. */
  counted?(key: string, seen: SocketsSeen | null): void;
}

/** A bad state that exists without a request (`badgateway_condition_active`). */
export const CONDITIONS = [
  'config_invalid',
  'config_not_loaded',
  'gateway_not_listening',
  'replica_diverged',
  'worker_pileup',
  'worker_crashed',
  'reload_storm',
  'noop_reloads',
  'token_expired',
  'control_plane_down',
  'control_plane_disconnected',
  'not_resynced',
  'certificate_expired',
  'oom_killed',
  'crash_looping',
  'sidecar_down',
  'no_endpoints',
  'listen_queue_overflow',
  'syn_queue_full',
  'conntrack_full',
  'truth_stale',
] as const;
export type Condition = (typeof CONDITIONS)[number];

export interface ConditionReport {
  readonly condition: Condition;
  readonly subject: Subject;
  /** Null: cannot be told; the series is absent then, not 0. */
  readonly isActive: boolean | null;
  /** What it rests on, for the page; no request data. */
  readonly evidence: string;
}

export interface ConditionSink {
  /** The latest word of this subject and condition counts. */
  condition(report: ConditionReport): void;
}
