import { makeWordTable } from '../envoy-words.ts';

/** Short and long names (envoyproxy/envoy source/common/stream_info/utility.h, 1.36). Both are public there. */
export const RESPONSE_FLAGS = [
  ['LH', 'FailedLocalHealthCheck'],
  ['UH', 'NoHealthyUpstream'],
  ['UT', 'UpstreamRequestTimeout'],
  ['LR', 'LocalReset'],
  ['UR', 'UpstreamRemoteReset'],
  ['UF', 'UpstreamConnectionFailure'],
  ['UC', 'UpstreamConnectionTermination'],
  ['UO', 'UpstreamOverflow'],
  ['NR', 'NoRouteFound'],
  ['DI', 'DelayInjected'],
  ['FI', 'FaultInjected'],
  ['RL', 'RateLimited'],
  ['UAEX', 'UnauthorizedExternalService'],
  ['RLSE', 'RateLimitServiceError'],
  ['DC', 'DownstreamConnectionTermination'],
  ['URX', 'UpstreamRetryLimitExceeded'],
  ['SI', 'StreamIdleTimeout'],
  ['IH', 'InvalidEnvoyRequestHeaders'],
  ['DPE', 'DownstreamProtocolError'],
  ['UMSDR', 'UpstreamMaxStreamDurationReached'],
  ['RFCF', 'ResponseFromCacheFilter'],
  ['NFCF', 'NoFilterConfigFound'],
  ['DT', 'DurationTimeout'],
  ['UPE', 'UpstreamProtocolError'],
  ['NC', 'NoClusterFound'],
  ['OM', 'OverloadManagerTerminated'],
  ['DF', 'DnsResolutionFailed'],
  ['DO', 'DropOverload'],
  ['DR', 'DownstreamRemoteReset'],
  ['UDO', 'UnconditionalDropOverload'],
] as const;
export type ResponseFlag = (typeof RESPONSE_FLAGS)[number][0];

/** Names that the enumeration in Envoy's source or its gRPC log have for the same flag. */
const ALSO: Readonly<Record<string, ResponseFlag>> = {
  OverloadManager: 'OM',
  DropOverLoad: 'DO',
  NoClusterFoundError: 'NC',
  RateLimitedServiceError: 'RLSE',
  DnsResolutionFailure: 'DF',
};

/** Bit of each flag. */
export const FLAG = Object.fromEntries(RESPONSE_FLAGS.map(([short], index) => [short, 1 << index])) as Readonly<
  Record<ResponseFlag, number>
>;
/** Extensions register flags of their own. */
export const UNKNOWN_FLAG = 1 << RESPONSE_FLAGS.length;

const WORDS = [
  ...RESPONSE_FLAGS.map(([short]) => short),
  ...RESPONSE_FLAGS.map(([, long]) => long),
  ...Object.keys(ALSO),
];
const BITS = [
  ...RESPONSE_FLAGS.map(([short]) => FLAG[short]),
  ...RESPONSE_FLAGS.map(([short]) => FLAG[short]),
  ...Object.values(ALSO).map((short) => FLAG[short]),
];
const TABLE = makeWordTable(WORDS);
const [COMMA, DASH] = [44, 45];

/** `UF,URX` or `UpstreamConnectionFailure,…` in any order, `-` for none, as bits of FLAG. */
export function readFlags(buffer: Uint8Array, start: number, end: number): number {
  if (end - start === 1 && buffer[start] === DASH) return 0;
  let bits = 0;
  let at = start;
  while (at < end) {
    let stop = at;
    while (stop < end && buffer[stop] !== COMMA) stop++;
    const word = TABLE.find(buffer, at, stop);
    bits |= word === 0 ? UNKNOWN_FLAG : BITS[word - 1];
    at = stop + 1;
  }
  return bits;
}

export function flagsOf(text: string): number {
  return readFlags(Buffer.from(text), 0, Buffer.byteLength(text));
}
