import { TRAFFIC_METRICS } from '../contract/traffic.ts';
import { labelsOf, type SignalFacts, type SignalSubject } from './report-signals-facts.ts';

/** `partial`: not of all peers, or not of this upstream alone. `unknown`: it shows with the first request, or cannot be told. */
export interface Signal {
  readonly state: 'available' | 'partial' | 'unavailable' | 'unknown';
  /** '' when it is available. */
  readonly why: string;
}

type Rule = (subject: SignalSubject, facts: SignalFacts) => Signal;

const { requests, duration, upstreamDuration, attempts, upstreamConnections } = TRAFFIC_METRICS;
const [BREAKER, ENVOY_UP] = ['badgateway_envoy_cluster_circuit_open', 'badgateway_envoy_up'];
const [LOG_LINES, QUEUE] = ['badgateway_log_lines_total', 'badgateway_listen_queue_length'];
const LOCAL_PORTS = 'badgateway_upstream_local_ports_in_use';
const FOLLOWED = `${duration.name}_count`;
const DURATIONS = `${upstreamDuration.name}_count`;

/** What the rules ask /metrics for. */
export const SIGNAL_METRICS = [
  ...[requests.name, FOLLOWED, DURATIONS, attempts.name, upstreamConnections.name],
  ...[BREAKER, ENVOY_UP, LOG_LINES, QUEUE, LOCAL_PORTS],
];

const AVAILABLE: Signal = { state: 'available', why: '' };
const NO_METRICS: Signal = { state: 'unknown', why: '/metrics could not be read' };
const TCP = 'it is TCP: only HTTP has codes, retries and a circuit breaker for requests';
/** Route kinds of Envoy Gateway, which stand in the names of its clusters. */
const TCP_ROUTE = /^(tcp|tls|udp)route\//;

/** What an access log says the upstream by. */
const ADDRESS_WANTED: Readonly<Record<string, string>> = {
  nginx: 'its format needs $upstream_addr ($upstream_response_time for the latency)',
  envoy: 'its format needs %UPSTREAM_HOST% or %UPSTREAM_CLUSTER%',
};

const not = (why: string): Signal => ({ state: 'unavailable', why });
const unknown = (why: string): Signal => ({ state: 'unknown', why });
const partial = (why: string): Signal => ({ state: 'partial', why });

/** Every signal, in the order of the table. */
export const SIGNALS = {
  failures,
  codes,
  latency: (subject, facts) => ofLog(subject, facts, DURATIONS),
  retries: (subject, facts) => ofLog(subject, facts, attempts.name),
  connections,
  circuit_breaking: circuitBreaking,
  endpoint_state: endpointState,
  listen_queue: listenQueue,
  local_ports: localPorts,
} as const satisfies Record<string, Rule>;
export type SignalName = keyof typeof SIGNALS;

/** Why requests fail: nginx's error log, Envoy's statistics or access log. */
function failures(subject: SignalSubject, facts: SignalFacts): Signal {
  if (!facts.hasMetrics) return NO_METRICS;
  const { proxy, gateway } = subject;
  if (proxy === 'nginx')
    return facts.all(LOG_LINES, { gateway }).length > 0
      ? AVAILABLE
      : not(`no error log of the gateway is read (${facts.of('nginx_error_log')})`);
  if (isFollowed(subject, facts) || facts.all(ENVOY_UP, { gateway }).some(({ value }) => value === 1)) return AVAILABLE;
  return not(`its admin interface is not read (${facts.of('envoy')})`);
}

function codes(subject: SignalSubject, facts: SignalFacts): Signal {
  const found = ofLog(subject, facts, requests.name);
  if (found.state === 'available' || isTcp(subject) || !namesNoUpstream(subject, facts)) return found;
  return partial(`only of the gateway as a whole: ${found.why}`);
}

/** What only an access log says. */
function ofLog(subject: SignalSubject, facts: SignalFacts, name: string): Signal {
  if (isTcp(subject)) return not(TCP);
  if (!facts.hasMetrics) return NO_METRICS;
  const { proxy } = subject;
  if (!isFollowed(subject, facts))
    return not(`no access log of the gateway is followed (${facts.of(`${proxy}_access_log`)})`);
  const found = facts.all(name, labelsOf(subject)).filter(({ value }) => value > 0);
  if (found.length === 0)
    return unknown(
      namesNoUpstream(subject, facts)
        ? `the access log is followed, and none of its requests named an upstream: ${ADDRESS_WANTED[proxy] ?? 'its format'}`
        : 'the access log is followed, and no request of it has been counted',
    );
  if (found.every(({ labels }) => labels.code === 'none'))
    return unknown('what was counted had no status of HTTP: as of a TCP cluster, or clients that left');
  return AVAILABLE;
}

function connections(subject: SignalSubject, facts: SignalFacts): Signal {
  const logged = ofLog(subject, facts, attempts.name);
  if (logged.state !== 'available') return logged;
  return facts.all(upstreamConnections.name, labelsOf(subject)).length > 0
    ? AVAILABLE
    : not('its log does not say over which connection an attempt went');
}

function circuitBreaking(subject: SignalSubject, facts: SignalFacts): Signal {
  const { proxy, gateway, name } = subject;
  if (isTcp(subject)) return not(TCP);
  if (proxy === 'nginx') return not('nginx has none: a server that max_fails takes out shows as no_live_upstreams');
  if (!facts.hasMetrics) return NO_METRICS;
  if (facts.all(BREAKER, { gateway, upstream: name, breaker: 'rq' }).length === 0)
    return not(`its circuit breakers are not read (${facts.of('envoy')})`);
  if (ofLog(subject, facts, requests.name).state === 'available') return AVAILABLE;
  return partial('of connections for certain; of requests only if it is HTTP, which no counted answer has shown');
}

function endpointState({ seen }: SignalSubject, facts: SignalFacts): Signal {
  if (facts.slices === 'unwatched') return not(`EndpointSlices are not watched (${facts.of('kubernetes')})`);
  if (facts.slices !== 'fresh') return unknown(`EndpointSlices are ${facts.slices}`);
  const [{ of, upstream }] = seen;
  if (seen.some((one) => one.of.isOld)) return unknown(`what ${of.source} says of the gateway is too old`);
  if (upstream.service === null || upstream.isStatic) return not(`no pods to compare with: ${upstream.mapping.reason}`);
  const all = seen.flatMap((one) => one.upstream.addresses);
  const left = all.filter(({ why }) => why !== '');
  if (left.length === 0) return AVAILABLE;
  const kinds = [...new Set(left.map(({ why }) => why))].sort().join(', ');
  if (left.length === all.length) return not(`its addresses are no pods': ${kinds}`);
  return partial(`${left.length} of ${all.length} addresses are no pods': ${kinds}`);
}

/** Accept queues of the peers, which only an agent on their node sees. */
function listenQueue({ seen }: SignalSubject, facts: SignalFacts): Signal {
  if (!facts.hasMetrics) return NO_METRICS;
  if (!facts.isOk('listeners')) return not(`sockets that listen are not read (${facts.of('listeners')})`);
  const owners = new Map<string, string | null>();
  for (const { upstream } of seen)
    for (const { address, state, owner } of upstream.addresses)
      if (state !== 'missing') owners.set(address, owner?.isCurrent === true ? owner.pod : null);
  const pods = [...owners.values()].filter((pod) => pod !== null);
  if (pods.length === 0) return not('the pods of its peers are not known');
  const visible = pods.filter((name) => {
    const [namespace, pod] = name.split('/');
    return facts.all(QUEUE, { namespace, pod }).length > 0;
  });
  if (visible.length === owners.size) return AVAILABLE;
  const rest = 'peers on other nodes: ask the agents there; or no pod of this node is known for them';
  return visible.length === 0 ? not(rest) : partial(`of ${visible.length} of ${owners.size} peers; ${rest}`);
}

function localPorts(subject: SignalSubject, facts: SignalFacts): Signal {
  if (!facts.hasMetrics) return NO_METRICS;
  if (facts.all(LOCAL_PORTS, labelsOf(subject)).length > 0) return AVAILABLE;
  if (!facts.isOk('upstream_sockets'))
    return not(`sockets of the gateway are not read (${facts.of('upstream_sockets')})`);
  return unknown('no socket towards it has been seen');
}

/** What its name says for certain: an upstream of nginx's stream, a cluster of a route that is not HTTP. */
function isTcp({ proxy, name }: SignalSubject): boolean {
  return proxy === 'nginx' ? name.startsWith('stream:') : TCP_ROUTE.test(name);
}

/** Its distribution exists from the moment on when a log is followed. */
function isFollowed({ proxy, gateway }: SignalSubject, facts: SignalFacts): boolean {
  return facts.all(FOLLOWED, { proxy, gateway }).length > 0;
}

/** The gateway's requests are counted, and none of them under an upstream. */
function namesNoUpstream({ proxy, gateway }: SignalSubject, facts: SignalFacts): boolean {
  const all = facts.all(requests.name, { proxy, gateway }).filter(({ value }) => value > 0);
  return all.length > 0 && all.every(({ labels }) => labels.upstream === '');
}
