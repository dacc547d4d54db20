import type { Verdict } from '../../../src/causes/verdict.ts';
import type { Pod } from '../../../src/contract/cluster.ts';
import type { EndpointSlice } from '../../../src/contract/endpoint.ts';
import type { ContainerEnd } from '../../../src/contract/evidence.ts';
import type { Observation, PeerAddress } from '../../../src/contract/failure.ts';
import type { GatewaySettings } from '../../../src/contract/gateway-settings.ts';
import { type Subject, UNKNOWN_UPSTREAM } from '../../../src/contract/metrics.ts';
import type { ProxyKind, Symptom } from '../../../src/contract/names.ts';
import type { NodeNetwork } from '../../../src/contract/node.ts';
import type { Clock } from '../../../src/contract/unit.ts';
import type { UpstreamsView } from '../../../src/contract/upstream.ts';
import { ClusterState } from '../../../src/facts/cluster-state.ts';
import { Conditions } from '../../../src/facts/conditions.ts';
import { EndpointHistory } from '../../../src/facts/endpoint-history.ts';
import { KnownFacts } from '../../../src/facts/known-facts.ts';
import { LastOwners } from '../../../src/facts/last-owners.ts';
import { Listeners } from '../../../src/facts/listeners.ts';
import { ObservedUpstreams } from '../../../src/facts/observed-upstreams.ts';
import { ServiceMapping } from '../../../src/facts/service-mapping.ts';
import { UpstreamTruth } from '../../../src/facts/upstream-truth.ts';
import { canonicalIp } from '../../../src/parse/ip-address.ts';
import { addressOf } from './kubernetes-cluster.ts';

/**
 * 5,000 upstreams of one gateway with three servers each: the first is a ready endpoint, the second none (any more), terminating or not
 * ready. The pods of the first 200 run on this node, and every five seconds a container of one ends. Each upstream fails in its own way, and
 * a fiftieth of all failures is for want of servers.
 */
const UPSTREAMS = 5000;
const SERVERS = 3;
const LOCAL = 200;
const NODE_EVERY_MS = 5000;
const VIEW_EVERY_MS = 10_000;
/** Services whose endpoints change each second. */
const CHANGES = 5;
const PORT = 8080;
export const GATEWAY: Subject = { namespace: '', pod: '', container: '', gateway: 'edge' };

const LIVE = 0;
const BAD = 1;
/** By upstream: what is said, and of which server. */
const WAYS: readonly (readonly [Symptom, number])[] = [
  ['connect_refused', BAD],
  ['connect_refused', LIVE],
  ['connect_timeout', LIVE],
  ['premature_close', LIVE],
  ['response_timeout', LIVE],
  ['connect_timeout', BAD],
  ['host_unreachable', BAD],
  ['tls_handshake', LIVE],
];

const addressAt = (upstream: number, server: number) => addressOf(upstream * SERVERS + server);
const nameOf = (upstream: number) => `team_svc-${upstream}_80`;
const peers = Array.from({ length: UPSTREAMS }, (_, upstream) => {
  const [, server] = WAYS[upstream % WAYS.length];
  return { scheme: 'http', address: addressAt(upstream, server), port: PORT };
});
const blocks = Array.from({ length: UPSTREAMS }, (_, upstream) => {
  return { scheme: 'http', address: nameOf(upstream), port: null };
});

/** A log line is kept of so few of a poll's failures. */
const SAMPLES = 8;

/** What is said of an upstream, and of which peer; the same object each time. */
export interface Said {
  readonly symptom: Symptom;
  readonly peer: PeerAddress;
}

const failed: readonly Said[] = peers.map((peer, upstream) => ({ symptom: WAYS[upstream % WAYS.length][0], peer }));
const stormed: readonly Said[] = blocks.map((peer) => ({ symptom: 'no_live_upstreams', peer }));

/** Of the error with this number. */
export function saidAt(number: number): Said {
  const isStorm = number % 50 === 0;
  // Of an upstream whose servers fail at other times.
  const upstream = (number * 31 + (isStorm ? 1 : 0)) % UPSTREAMS;
  return (isStorm ? stormed : failed)[upstream];
}

/** The error with this number, in a period that all of its poll have. */
export function errorAt(number: number, perPoll: number, sinceMs: number, atMs: number): Observation {
  const { symptom, peer } = saidAt(number);
  return {
    ...{ proxy: 'nginx', subject: GATEWAY, symptom, failure: true, peer, upstream: UNKNOWN_UPSTREAM, count: 1 },
    ...{ sinceMs, atMs },
    ...(number % perPoll < SAMPLES ? { sample: sampleOf(symptom, atMs) } : {}),
  };
}

function sampleOf(symptom: Symptom, atMs: number): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  return `${time} [error] … upstream failed (${symptom}) while connecting to upstream, upstream: "http://10.0.0.1:8080"`;
}

function sliceOf(upstream: number, isMoved: boolean): EndpointSlice {
  const isTerminating = upstream % 4 === 2;
  const pod = (server: number) => ({ podName: `svc-${upstream}-${server}`, podUid: `uid-${upstream}-${server}` });
  const live = { ready: true, serving: true, terminating: false };
  const bad = { ready: false, serving: false, terminating: isTerminating };
  const endpoints = [
    { ip: addressAt(upstream, LIVE), ...live, ...pod(LIVE) },
    ...(upstream % 2 === 0 && !isTerminating ? [] : [{ ip: addressAt(upstream, BAD), ...bad, ...pod(BAD) }]),
    { ip: addressAt(upstream, 2), ...live, ready: !isMoved, ...pod(2) },
  ];
  const key = `team/svc-${upstream}`;
  return { key: `${key}-abcde`, service: key, ports: [{ name: 'http', number: PORT }], endpoints };
}

function podOf(upstream: number): Pod {
  return {
    ...{ key: `team/svc-${upstream}-0`, uid: `uid-${upstream}-0`, nodeName: 'here', phase: 'Running', ready: true },
    ...{ ips: [addressAt(upstream, LIVE)], hostNetwork: false, deletedAtMs: null, containers: [] },
  };
}

function networkOf(upstream: number): NodeNetwork {
  const pod = `svc-${upstream}-0`;
  return {
    ...{ key: `n${upstream}`, identity: `n${upstream}`, kind: 'pod', podUid: `uid-${upstream}-0`, processes: [] },
    labels: { namespace: 'team', pod, netns: 'pod' },
    ...{ isGateway: false, isBackend: true, ips: [addressAt(upstream, LIVE)], hasMoved: false, isRelevant: true },
  };
}

const HOST: NodeNetwork = {
  ...{ key: 'host', identity: 'host', kind: 'host', podUid: '', processes: [], ips: ['192.0.2.1'] },
  labels: { namespace: '', pod: '', netns: 'host' },
  ...{ isGateway: true, isBackend: false, hasMoved: false, isRelevant: false },
};

const MINUTE = { leastMs: 60_000, mostMs: 60_000 };
const LIMITS = { connect: MINUTE, answer: MINUTE, header: null };
const SETTINGS: GatewaySettings = {
  ...{ subject: GATEWAY, master: null, listens: [], workerConnections: null },
  limits: { all: LIMITS, byUpstream: new Map(blocks.map(({ address }) => [address, LIMITS])) },
};

const ALL_SETTINGS = [SETTINGS];

function endOf(upstream: number, nowMs: number): ContainerEnd {
  return {
    ...{ podUid: `uid-${upstream}-0`, pod: `team/svc-${upstream}-0`, container: 'app', isOomKill: false },
    ...{ reason: 'Error', exitCode: 1, fromMs: nowMs - 1000, atMs: nowMs - 1000 },
  };
}

function viewAt(readAtMs: number): UpstreamsView {
  return { proxy: 'nginx', subject: GATEWAY, source: 'nginx_config', upstreams: VIEW, readAtMs };
}

const VIEW = Array.from({ length: UPSTREAMS }, (_, upstream) => ({
  ...{ name: nameOf(upstream), alias: '' },
  servers: Array.from({ length: SERVERS }, (_, server) => ({
    ...({ kind: 'ip', port: PORT, isDraining: false, place: `http.conf:${upstream}` } as const),
    host: addressAt(upstream, server),
  })),
}));

/** The real memories, and `look`, which moves what they remember. */
export function knownWorld(
  clock: Clock,
  hasPending: (proxy: ProxyKind, subject: Subject, beforeMs: number) => boolean,
) {
  const none = { namespaces: [], names: [], hasUnnamed: false };
  const cluster = new ClusterState({ clock, staleAfterMs: 60_000, wanted: () => none });
  const history = new EndpointHistory();
  cluster.listen({ slice: (before, after) => history.change(before, after, clock.now()) });
  const mapping = new ServiceMapping({ clock, services: cluster, history });
  const wasOwner = history.wasOwner.bind(history);
  const upstreams = new UpstreamTruth({ clock, cluster, mapping, viewStaleAfterMs: 60_000, wasOwner });
  const observed = new ObservedUpstreams({ clock, upstreams, history, cluster });
  const listeners = new Listeners(clock);
  const conditions = new Conditions(clock);
  const facts = new KnownFacts({
    ...{ clock, cluster, upstreams, wasOwner, conditions, listeners, viewStaleAfterMs: 60_000, hasPending },
    ...{ owners: new LastOwners({ clock, cluster }), settings: () => ALL_SETTINGS },
  });
  fill(cluster, clock);
  upstreams.report('edge', viewAt(clock.now()));
  const networks = Array.from({ length: LOCAL }, (_, upstream) => networkOf(upstream));
  const lookAtNode = (nowMs: number) => {
    const grown = Math.floor(nowMs / 1000);
    facts.ended(endOf((grown / 5) % LOCAL, nowMs));
    facts.counted(HOST, { conntrack_drops: 0, conntrack_early_drops: 0, conntrack_insert_failures: 0 }, nowMs);
    for (const [upstream, network] of networks.entries()) {
      const isFull = upstream % 2 === 0;
      facts.counted(network, { listen_overflows: isFull ? grown : 0, listen_drops: 0, syn_queue_drops: 0 }, nowMs);
      const sockets = [{ ip: '0.0.0.0', port: upstream % 3 === 0 ? 9090 : PORT }];
      const seen = { ips: network.ips, sockets, isWhole: true, isTableWhole: true };
      listeners.listening(network.key, { ...seen, atMs: nowMs, untilMs: nowMs + 3 * NODE_EVERY_MS });
    }
  };
  const isDue = (nowMs: number, everyMs: number) => nowMs % everyMs === 0;
  let second = 0;
  return {
    facts,
    /** As `Truth.observe`. */
    heard(of: Observation) {
      facts.heard(of);
      observed.observe(of);
      const ip = of.peer === null || of.peer.port === null ? null : canonicalIp(of.peer.address);
      if (ip !== null) upstreams.hit(of.proxy, of.subject, { ip, port: of.peer!.port! });
    },
    judged: ({ observation, cause, upstream, count, evidence }: Verdict) =>
      facts.failed(observation, cause, upstream, count, evidence),
    /** Once a second. */
    look(nowMs: number) {
      second++;
      cluster.current('services', nowMs);
      cluster.current('endpointslices', nowMs);
      for (let i = 0; i < CHANGES; i++) {
        cluster.set('endpointslices', sliceOf((second * CHANGES + i) % UPSTREAMS, second % 2 === 0));
      }
      if (isDue(nowMs, NODE_EVERY_MS)) lookAtNode(nowMs);
      if (isDue(nowMs, VIEW_EVERY_MS)) upstreams.report('edge', viewAt(nowMs));
    },
    /** What failures make somebody look at, once a second. */
    beat(nowMs: number) {
      observed.look(nowMs);
      upstreams.evaluate();
    },
  };
}

function fill(cluster: ClusterState, clock: Clock): void {
  const ports = [{ name: 'http', port: 80, targetPort: PORT }];
  for (let upstream = 0; upstream < UPSTREAMS; upstream++) {
    const key = `team/svc-${upstream}`;
    cluster.set('services', { key, ports, clusterIps: [], externalName: '', publishNotReadyAddresses: false });
    cluster.set('endpointslices', sliceOf(upstream, false));
  }
  for (let upstream = 0; upstream < LOCAL; upstream++) cluster.set('pods', podOf(upstream));
  for (const resource of ['services', 'endpointslices', 'pods'] as const) cluster.current(resource, clock.now());
}
