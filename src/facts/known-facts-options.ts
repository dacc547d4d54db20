import type { GatewaySettings } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import type { ProxyKind } from '../contract/names.ts';
import type { Clock } from '../contract/unit.ts';
import type { UpstreamsView } from '../contract/upstream.ts';
import type { AnsweredPeers } from './answered-peers.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Conditions } from './conditions.ts';
import type { LastOwners } from './last-owners.ts';
import type { Listeners } from './listeners.ts';
import type { PastOwners } from './past-owners.ts';
import type { PeerSocketMemory } from './peer-sockets.ts';
import type { UsedAddresses } from './used-addresses.ts';

export interface KnownFactsOptions extends PastOwners {
  readonly clock: Clock;
  readonly cluster: ClusterState;
  /** What running proxies use (`UpstreamTruth`). */
  readonly upstreams: { readonly used: UsedAddresses; views(): readonly UpstreamsView[] };
  readonly owners: LastOwners;
  readonly conditions: Conditions;
  readonly listeners: Listeners;
  /** Absent: nobody reads access logs. */
  readonly answered?: AnsweredPeers | undefined;
  /** Absent: nobody looks at the sockets of gateways. */
  readonly sockets?: PeerSocketMemory;
  readonly settings: () => readonly GatewaySettings[];
  /** How old a view of a proxy may be before nothing is said of it. */
  readonly viewStaleAfterMs: number;
  /** Failures of the gateway that may have happened before the moment have no verdict yet; storms do not count. */
  readonly hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean;
}
