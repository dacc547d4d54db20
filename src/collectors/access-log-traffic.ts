import type { Method, TrafficPeer, UpstreamTraffic } from '../contract/traffic.ts';
import { METHODS } from '../contract/traffic.ts';
import {
  type AccessCounts,
  type AccessVisitor,
  CONNECTS,
  NO_PEER,
  OVERFLOW_PEER,
} from '../parse/access-log/access-counts.ts';
import { CODES } from '../parse/access-log/codes.ts';
import { parsePeer } from '../parse/peer.ts';

/** Label of the addresses beyond `peer_limit`, together. */
const OVERFLOW = '__overflow__';
const WAITED = CONNECTS.indexOf('waited');
const SECOND_MS = 1000;

type Growing = {
  -readonly [K in keyof UpstreamTraffic]: UpstreamTraffic[K] extends ReadonlyMap<infer Key, number>
    ? Map<Key, number>
    : UpstreamTraffic[K];
};

/** What one gateway's log was counted for since the last time. */
export interface DrainedTraffic {
  readonly upstreams: Iterable<UpstreamTraffic>;
  readonly durations: { readonly counts: ArrayLike<number>; readonly sum: number };
}

/** Empties `counts` but for its results, bytes and upgrades. `buckets`: how many counts a distribution has. */
export function drainTraffic(counts: AccessCounts, buckets: number): DrainedTraffic {
  const none = { counts: new Uint32Array(buckets), sum: 0 };
  const upstreams = new Map<number, Growing>();
  const of = (peer: number): Growing => {
    const known = upstreams.get(peer);
    if (known !== undefined) return known;
    const one: Growing = {
      ...peerOf(counts, peer),
      ...{ answers: new Map(), attempts: new Map(), retries: new Map<Method, number>() },
      ...{ newConnections: 0, reusedConnections: 0, durations: none },
    };
    upstreams.set(peer, one);
    return one;
  };
  let durations: DrainedTraffic['durations'] = none;
  const visitor: AccessVisitor = {
    requests: (peer, code, count) => void of(peer).answers.set(CODES[code], count),
    attempts: (peer, code, count) => void of(peer).attempts.set(CODES[code], count),
    retries: (peer, method, count) => void of(peer).retries.set(METHODS[method], count),
    connects(peer, connect, count) {
      // What took no time was open already, or was opened within a millisecond.
      if (connect === WAITED) of(peer).newConnections += count;
    },
    upstreamDurations(peer, found, sumMs) {
      of(peer).durations = { counts: found.slice(), sum: sumMs / SECOND_MS };
    },
    durations(found, sumMs) {
      durations = { counts: found.slice(), sum: sumMs / SECOND_MS };
    },
  };
  counts.drain(visitor);
  return { upstreams: upstreams.values(), durations };
}

function peerOf(counts: AccessCounts, peer: number): TrafficPeer {
  if (peer === NO_PEER) return { peer: null, upstream: '' };
  if (peer === OVERFLOW_PEER) return { peer: null, upstream: OVERFLOW };
  return { peer: parsePeer(counts.peerName(peer)), upstream: '' };
}
