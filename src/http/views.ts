/** What the HTTP side reads from the rest of the program; app.ts implements both, tests use in-memory ones. */
import type { ClusterResource } from '../contract/cluster.ts';
import type { EndpointState } from '../contract/endpoint.ts';
import type { Subject } from '../contract/metrics.ts';
import type { Cause, CollectorState, ProxyKind } from '../contract/names.ts';
import type { Target } from '../contract/unit.ts';
import type { Condition, ServerKind, UpstreamSource } from '../contract/upstream.ts';
import type { Freshness } from '../facts/cluster-state.ts';
import type { MappingMethod } from '../facts/tracked-upstream.ts';
import type { Incident, IncidentQuery } from '../incidents/incident.ts';
import type { HistoryReport } from '../metrics/history.ts';
import type { Format } from '../metrics/registry.ts';

export interface Readiness {
  readonly ready: boolean;
  /** One sentence; shown by /-/ready. */
  readonly reason: string;
}

export interface MetricsPage {
  readonly contentType: string;
  /** In their order. */
  readonly parts: readonly Uint8Array[];
  /** They have been sent, or copied: their memory is used again. */
  release(): void;
}

export interface MetricsSource {
  /** `scraper` (address and agent) decides when a new series leaves 0. */
  render(format: Format, scraper: string): Promise<MetricsPage>;
  /** Our configuration is loaded; nothing outside matters, so that an outage of the API server does not kill the observer. */
  ready(): Readiness;
  /** Why /metrics must not be read yet (the tail has not passed the sizes seen at start), or null. */
  catchingUp(): string | null;
}

export interface CollectorStatus {
  readonly name: string;
  readonly state: CollectorState;
  readonly detail: string;
  /** ISO time, or null when it never succeeded. */
  readonly lastSuccessAt: string | null;
  readonly durationMs: number | null;
  /** Between two polls; absent: not known. */
  readonly intervalMs?: number;
  readonly targets: readonly Target[];
}

export interface StatusLink {
  readonly label: string;
  readonly href: string;
}

/** The answer of /api/v1/status, and all that the page shows. */
export interface StatusReport {
  readonly version: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly role: string;
  readonly config: {
    /** `defaults` or the path of the file. */
    readonly source: string;
    readonly lastReloadSuccessful: boolean;
    readonly lastReloadAt: string | null;
  };
  readonly checkpoint: { readonly state: 'ok' | 'disabled' | 'failed'; readonly detail: string };
  readonly collectors: readonly CollectorStatus[];
  /** Sentences: what was found, and what was not and why. */
  readonly discovery: readonly string[];
  readonly totals: readonly { readonly gateway: string; readonly cause: Cause; readonly count: number }[];
  readonly links: readonly StatusLink[];
}

/** '' is an address that is not compared. */
export type ListedState = EndpointState | '';

/** Why an address is not compared: it is no pod's, or only the running proxy knows it. */
export type NotCompared =
  | Exclude<ServerKind, 'ip'>
  | 'cluster_ip'
  | 'node_port'
  | 'external_name'
  | 'no_port'
  | 'draining';

export interface AddressStatus {
  /** `10.0.0.1:80`, `[fd00::1]:80`, `name:port`, `unix:/path`; '' for a variable. */
  readonly address: string;
  readonly state: ListedState;
  /** '' when it is compared. */
  readonly why: NotCompared | '';
  /** ISO time when it was first found so; null when that is not known. */
  readonly since: string | null;
  /** `file:line`; '' for one that the proxy does not use, and when it comes from elsewhere. */
  readonly place: string;
  /** The pod (`namespace/name`) that has the address now, or had it last; null when none is known. */
  readonly owner: { readonly pod: string; readonly isCurrent: boolean } | null;
}

export interface UpstreamStatus {
  readonly name: string;
  /** `port` is the number that clients of the Service use; '' when unknown. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string } | null;
  /** `nearest`: Services with names like the one that it says, where there is none of that name; `reason` has them too. */
  readonly mapping: { readonly method: MappingMethod; readonly reason: string; readonly nearest?: readonly string[] };
  /** There are no pods' addresses to compare. */
  readonly isStatic: boolean;
  /** Of all its addresses, also those that are not listed. */
  readonly counts: Readonly<Record<EndpointState, number>>;
  /** ISO time since when the oldest address is there that should not be. */
  readonly driftSince: string | null;
  /** ISO time when the slices of its Service last changed, by when it was heard of; null: not known. */
  readonly slicesChangedAt: string | null;
  /** Drift first, live ones last. */
  readonly addresses: readonly AddressStatus[];
}

/** The upstreams of one running proxy, as one source knows them. */
export interface GatewayUpstreams {
  readonly proxy: ProxyKind;
  readonly subject: Subject;
  readonly source: UpstreamSource;
  /** ISO time. */
  readonly readAt: string;
  /** It was read too long ago: nothing is said but `unknown`. */
  readonly isOld: boolean;
  readonly upstreams: readonly UpstreamStatus[];
}

export interface ClusterStatus {
  readonly resource: ClusterResource;
  readonly freshness: Freshness;
  /** ISO time when it was last known to be complete and current. */
  readonly currentAt: string | null;
  readonly objects: number;
}

export interface ConditionStatus {
  readonly condition: Condition;
  readonly subject: Subject;
  readonly isActive: boolean;
  /** ISO time. */
  readonly since: string;
  readonly evidence: string;
}

/** Pods of a Service behind an upstream that are not ready, and why. */
export interface ServicePodsStatus {
  /** `namespace/name` */
  readonly service: string;
  /** All pods that its selector finds on any node; null: only those of this node in its slices are known. */
  readonly total: number | null;
  /** False: there are more. */
  readonly isWhole: boolean;
  /** ISO time when they were looked at. */
  readonly at: string;
  /** Those that do not start by themselves first; the first 20. */
  readonly notReady: readonly PodStatus[];
}

export interface PodStatus {
  /** `namespace/name` */
  readonly pod: string;
  /** Pending, Running, Failed, Unknown. */
  readonly phase: string;
  /** `container app waits: CrashLoopBackOff` */
  readonly text: string;
  /** It does not start by itself. */
  readonly isStuck: boolean;
}

/** The answer of /api/v1/upstreams. */
export interface UpstreamsReport {
  /** ISO time of the answer. */
  readonly at: string;
  /** Of all upstreams that were asked for, also those that are not listed. */
  readonly counts: Readonly<Record<EndpointState, number>>;
  readonly notCompared: number;
  /** Addresses (and upstreams without any) that are left out because the answer would be too long. */
  readonly truncated: number;
  /** Pods that had an address last and were forgotten before their time, because there were too many. */
  readonly ownersDropped: number;
  /** Those with drift first. */
  readonly gateways: readonly GatewayUpstreams[];
  readonly cluster: readonly ClusterStatus[];
  readonly conditions: readonly ConditionStatus[];
  /** Of Services behind the upstreams that have pods which are not ready; those of other nodes where that is switched on. */
  readonly pods: readonly ServicePodsStatus[];
}

/** What of the upstreams is asked for; texts are compared as they are, an absent one takes all. */
export interface UpstreamsQuery {
  readonly gateway?: string;
  readonly upstream?: string;
  readonly state?: ListedState;
}

/** The answer of /api/v1/incidents. */
export interface IncidentsReport {
  /** ISO time of the answer. */
  readonly at: string;
  /** Open ones first, those with most failures in the last minute before all; then the latest. */
  readonly incidents: readonly Incident[];
  /** How many there are for the query, also beyond its limit. */
  readonly total: number;
  /** Forgotten since the start, for want of room. */
  readonly dropped: number;
}

export interface StatusSource {
  status(): StatusReport;
  upstreams(query: UpstreamsQuery): UpstreamsReport;
  incidents(query: IncidentQuery): IncidentsReport;
  /** Undefined: not known, or forgotten. */
  incident(id: string): Incident | undefined;
  /** The last half hour of kernel gauges. */
  history(): HistoryReport;
}

export interface ReloadResult {
  readonly ok: boolean;
  readonly message: string;
}
