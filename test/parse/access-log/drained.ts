import { METHODS } from '../../../src/contract/traffic.ts';
import { type AccessCounts, CONNECTS, OVERFLOW_PEER } from '../../../src/parse/access-log/access-counts.ts';
import { CODES } from '../../../src/parse/access-log/codes.ts';

/** What the counts hand over, by what it is: `request 10.0.0.1:80 200`. */
export function drained(counts: AccessCounts): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  const name = (peer: number) => (peer === OVERFLOW_PEER ? 'overflow' : counts.peerName(peer) || 'none');
  counts.drain({
    requests: (peer, code, n) => (seen[`request ${name(peer)} ${CODES[code]}`] = n),
    durations: (buckets, sum) => (seen.durations = [...buckets, sum]),
    attempts: (peer, code, n) => (seen[`attempt ${name(peer)} ${CODES[code]}`] = n),
    upstreamDurations: (peer, buckets, sum) => (seen[`durations ${name(peer)}`] = [...buckets, sum]),
    retries: (peer, method, n) => (seen[`retry ${name(peer)} ${METHODS[method]}`] = n),
    connects: (peer, connect, n) => (seen[`connect ${name(peer)} ${CONNECTS[connect]}`] = n),
  });
  return seen;
}
