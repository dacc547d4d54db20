import type { ContainerEnd, KernelCounter } from '../../src/contract/evidence.ts';
import type { Observation } from '../../src/contract/failure.ts';
import type { HeaderBufferInUse, TimeoutRange } from '../../src/contract/gateway-settings.ts';
import { UNKNOWN_UPSTREAM, type UpstreamIdentity } from '../../src/contract/metrics.ts';
import type { Condition } from '../../src/contract/upstream.ts';
import { type Answer, known, unknown } from '../../src/facts/answer.ts';
import type { Denial } from '../../src/facts/denials.ts';
import type {
  Charge,
  EndpointBehind,
  EndpointFact,
  Facts,
  Growth,
  ListenerFact,
  ListenQueues,
  LocalPorts,
  NetworkSide,
  UnhealthyServers,
} from '../../src/facts/facts.ts';

/** The same of every peer, or another of each address. */
type OfPeer<T> = Answer<T> | ((address: string) => Answer<T>);

type Growths = Readonly<
  Partial<Record<`${NetworkSide} ${KernelCounter}`, Answer<Growth> | ((lookBackMs: number) => Answer<Growth>)>>
>;

/** What is known; everything else is unknown for good. Of `growth` and `ends` also how far back is asked. */
export interface Given {
  readonly upstream?: UpstreamIdentity;
  readonly endpoint?: OfPeer<EndpointFact>;
  readonly timeout?: TimeoutRange;
  readonly headerBuffer?: HeaderBufferInUse;
  readonly isErrorLogWhole?: boolean;
  readonly ready?: Answer<{ readonly service: string; readonly ready: number }>;
  /** Default: none. */
  readonly behind?: Answer<readonly EndpointBehind[]>;
  readonly unresolved?: Answer<string | null>;
  readonly unhealthy?: Answer<UnhealthyServers>;
  readonly listener?: OfPeer<ListenerFact>;
  readonly queues?: Answer<ListenQueues>;
  readonly growth?: Growths;
  /** Default: as `growth`. */
  readonly growthDuring?: Growths;
  readonly localPorts?: Answer<LocalPorts>;
  readonly ends?: Readonly<Partial<Record<'peer' | 'gateway', Answer<readonly ContainerEnd[]>>>>;
  readonly conditions?: Readonly<
    Partial<
      Record<`${'peer' | 'gateway'} ${Condition}`, Answer<{ readonly isActive: boolean; readonly evidence: string }>>
    >
  >;
  readonly denied?: Answer<Denial>;
  readonly rejected?: Answer<readonly Charge[]>;
  readonly downed?: Answer<readonly Charge[]>;
}

const NOTHING = unknown('nobody looked');

function answerTo<T>({ peer }: Observation, given: OfPeer<T> = NOTHING): Answer<T> {
  return typeof given === 'function' ? given(peer?.address ?? '') : given;
}

/** Facts as given, whatever observation they are asked about. */
export function fakeFacts(given: Given = {}): Facts {
  return {
    upstream: () => given.upstream ?? UNKNOWN_UPSTREAM,
    endpoint: (of) => answerTo(of, given.endpoint),
    timeout: () => given.timeout ?? null,
    headerBuffer: () => given.headerBuffer ?? null,
    isErrorLogWhole: () => given.isErrorLogWhole ?? false,
    readyEndpoints: () => given.ready ?? NOTHING,
    behind: () => given.behind ?? known([]),
    unresolved: () => given.unresolved ?? NOTHING,
    unhealthy: () => given.unhealthy ?? NOTHING,
    listener: (of) => answerTo(of, given.listener),
    queues: () => given.queues ?? NOTHING,
    growth: (_of, side, counter, lookBackMs) => {
      const answer = given.growth?.[`${side} ${counter}`] ?? NOTHING;
      return typeof answer === 'function' ? answer(lookBackMs) : answer;
    },
    growthDuring: (_of, side, counter, waitedMs) => {
      const answer = given.growthDuring?.[`${side} ${counter}`] ?? given.growth?.[`${side} ${counter}`] ?? NOTHING;
      return typeof answer === 'function' ? answer(waitedMs) : answer;
    },
    localPorts: () => given.localPorts ?? NOTHING,
    ends: (_of, side) => given.ends?.[side] ?? NOTHING,
    condition: (_of, side, condition) => given.conditions?.[`${side} ${condition}`] ?? NOTHING,
    denied: () => given.denied ?? NOTHING,
    rejected: () => given.rejected ?? NOTHING,
    downed: () => given.downed ?? NOTHING,
  };
}

/** 12:00:00 UTC of a day: the failures of `failed` happened in the five seconds before. */
export const NOON = Date.UTC(2026, 10, 20, 12);

/** Three refused connections of an nginx to 10.2.71.14:8080, all between 11:59:55 and 12:00:00 UTC. */
export function failed(part: Partial<Observation> = {}): Observation {
  return {
    proxy: 'nginx',
    subject: { namespace: 'edge', pod: 'edge-1', container: 'nginx', gateway: 'edge' },
    symptom: 'connect_refused',
    failure: true,
    peer: { scheme: 'http', address: '10.2.71.14', port: 8080 },
    upstream: { ...UNKNOWN_UPSTREAM, upstream: 'shop_cart_80' },
    count: 3,
    sinceMs: NOON - 5_000,
    atMs: NOON,
    ...part,
  };
}

/** Ready since 41 s. */
export function endpointFact(part: Partial<EndpointFact> = {}): Answer<EndpointFact> {
  return known({
    ...{ state: 'live', service: 'shop/cart', sinceMs: NOON - 41_000, pod: 'shop/cart-7d9', place: 'http.conf:88' },
    ready: 3,
    ...part,
  });
}

export function listenerFact(part: Partial<ListenerFact> = {}): Answer<ListenerFact> {
  return known({ state: 'listening', others: [], atMs: NOON + 1_000, ...part });
}

/** Read at 11:59:56 and 12:00:01 UTC. */
export function grown(delta: number, part: Partial<Growth> = {}): Answer<Growth> {
  const where = 'pod shop/cart-7d9';
  return known({
    ...{ delta, fromMs: NOON - 4_000, toMs: NOON + 1_000, before: 1_033, after: 1_033 + delta, where },
    ...part,
  });
}

/** Killed at 11:59:57 UTC. */
export function oomKill(part: Partial<ContainerEnd> = {}): ContainerEnd {
  return {
    ...{ podUid: 'u1', pod: 'shop/cart-7d9', container: 'app', isOomKill: true, reason: 'OOMKilled', exitCode: 137 },
    ...{ fromMs: NOON - 3_000, atMs: NOON - 3_000 },
    ...part,
  };
}
