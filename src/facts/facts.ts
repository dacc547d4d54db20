import type { EndpointState } from '../contract/endpoint.ts';
import type { ContainerEnd, KernelCounter } from '../contract/evidence.ts';
import type { Observation, PeerAddress } from '../contract/failure.ts';
import type { HeaderBufferInUse, TimeoutRange } from '../contract/gateway-settings.ts';
import type { ListenState } from '../contract/listener.ts';
import type { UpstreamIdentity } from '../contract/metrics.ts';
import type { Cause } from '../contract/names.ts';
import type { Condition } from '../contract/upstream.ts';
import type { Answer } from './answer.ts';
import type { Denial } from './denials.ts';

/** What the address was to its Service when the requests failed. */
export interface EndpointFact {
  readonly state: Exclude<EndpointState, 'missing' | 'unknown'>;
  /** `namespace/name` */
  readonly service: string;
  /** When it became so, milliseconds since the epoch; null: before anybody looked. */
  readonly sinceMs: number | null;
  /** `namespace/name` of the pod that has the address, or had it last; '' when none is known. */
  readonly pod: string;
  /** `file:line` of the running configuration; '' when it does not come from a file. */
  readonly place: string;
  /** How many ready endpoints the Service had for the port. */
  readonly ready: number;
  /** False: it has never been ready since it was first seen, as of a pod that starts. Absent: not known. */
  readonly wasReady?: boolean;
  /** Why its pod is not ready now (`container app waits: CrashLoopBackOff`); absent: not known, or it is ready again. */
  readonly unready?: string;
  /** Attempts that timed out may have been begun before it was so: it proves nothing of them. */
  readonly isLater?: true;
  /** It was so when attempts were begun that timed out, and by the end of them was something else that is not live. */
  readonly isOver?: true;
}

/** One of the endpoints behind a Service's own address. */
export interface EndpointBehind {
  readonly peer: PeerAddress;
  /** It is terminating or gone by now. */
  readonly isLeaving: boolean;
}

export interface ListenerFact {
  readonly state: Exclude<ListenState, 'unknown'>;
  /** Other ports that listen there, for `port_mismatch`. */
  readonly others: readonly number[];
  /** When it was seen, milliseconds since the epoch. */
  readonly atMs: number;
  /** Its port was seen to listen at that moment: what does not listen any more has ended, its port is not wrong. Null or absent: never seen. */
  readonly lastListenedMs?: number | null;
  /** A program has answered there within ten minutes, by an access log or by Envoy's count. */
  readonly hasAnswered?: true;
}

/** Connections that wait to be accepted. */
export interface ListenQueues {
  /** At the port itself. */
  readonly own: number;
  /** At the fullest of the other ports of its network. */
  readonly other: number;
}

/** Local ports of the gateway's network towards the peer, as last looked at. */
export interface LocalPorts {
  /** None was free. */
  readonly isFull: boolean;
  readonly active: number;
  readonly timeWait: number;
  readonly lowest: number;
  readonly highest: number;
  /** When it was seen, milliseconds since the epoch. */
  readonly atMs: number;
}

/** How a kernel counter grew around the failures. */
export interface Growth {
  readonly delta: number;
  /** Between these two readings, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Absolute values at both. */
  readonly before: number;
  readonly after: number;
  /** Whose network namespace: `pod shop/cart-7d9`, `the node`, `container 3f2a…`. */
  readonly where: string;
}

/** The network namespaces that packets between gateway and peer pass. `node`: the host's, where it is another one. */
export type NetworkSide = 'peer' | 'gateway' | 'node';

export interface UnhealthyServers {
  readonly failing: readonly PeerAddress[];
  readonly total: number;
}

/** A part of a storm and what it is charged to. `weight`: failures of this cause that took peers down. */
export interface Charge {
  readonly cause: Cause;
  readonly upstream: UpstreamIdentity;
  readonly weight: number;
  readonly evidence: readonly string[];
}

/**
 * What is known about the moment and the place of an observation. Every answer is about `sinceMs` to `atMs` of the observation, not about
 * now. All are cheap: maps, no input or output.
 */
export interface Facts {
  /** The block or cluster and the Service behind it; what is not known is ''. */
  upstream(of: Observation): UpstreamIdentity;
  endpoint(of: Observation): Answer<EndpointFact>;
  /** The timeout of the gateway that was over; null: they did not fail for one, or what is configured is not known. */
  timeout(of: Observation): TimeoutRange | null;
  /** The buffer of the gateway that the header of the answer had to fit in; null: not known. */
  headerBuffer(of: Observation): HeaderBufferInUse | null;
  /** The error log of the gateway would tell of every attempt that the gateway itself failed. */
  isErrorLogWhole(of: Observation): boolean;
  /** How many ready endpoints the Service behind the upstream had, also when no peer is named. */
  readyEndpoints(of: Observation): Answer<{ readonly service: string; readonly ready: number }>;
  /** The endpoints behind the peer where it is the own address of a Service: those ready when they failed or shortly before; none: it is no Service's. */
  behind(of: Observation): Answer<readonly EndpointBehind[]>;
  /** What shows that the upstream had no server because its name gives no address; null: it is not so. */
  unresolved(of: Observation): Answer<string | null>;
  /** The servers of the upstream of which the proxy's own health checks failed, and how many it has in all. */
  unhealthy(of: Observation): Answer<UnhealthyServers>;
  /** What listened at the peer's address, also for a loopback address of the gateway itself. */
  listener(of: Observation): Answer<ListenerFact>;
  /** What waited to be accepted there since they failed, whether its socket is for the peer's IP version or not. */
  queues(of: Observation): Answer<ListenQueues>;
  /**
   * Growth of the counter from `lookBackMs` before the first failure until the last one, plus at most one reading after it. Known with
   * delta 0: it did not grow.
   */
  growth(of: Observation, side: NetworkSide, counter: KernelCounter, lookBackMs: number): Answer<Growth>;
  /** The same from a reading on that is at most `waitedMs` before the first failure: what grew before these attempts were begun is none of it. */
  growthDuring(of: Observation, side: NetworkSide, counter: KernelCounter, waitedMs: number): Answer<Growth>;
  /** Which local ports of the gateway's network were taken by connections to the peer. */
  localPorts(of: Observation): Answer<LocalPorts>;
  /** Containers of the peer's or the gateway's pod that ended, the latest first. */
  ends(of: Observation, side: 'peer' | 'gateway', lookBackMs: number): Answer<readonly ContainerEnd[]>;
  /** A condition of the gateway, or of the peer's pod (`sidecar_down`), at that time. */
  condition(
    of: Observation,
    side: 'peer' | 'gateway',
    condition: Condition,
  ): Answer<{ readonly isActive: boolean; readonly evidence: string }>;
  /** What the Envoy in the peer's pod denied by policy meanwhile; unknown: it has none that is read. */
  denied(of: Observation): Answer<Denial>;
  /** Attempts at the same peer that were begun together with these, which timed out, and were rejected at once, by cause. */
  rejected(of: Observation): Answer<readonly Charge[]>;
  /** What took down the peers of an upstream that has none left; empty: it is known that nothing was seen. */
  downed(of: Observation): Answer<readonly Charge[]>;
}
