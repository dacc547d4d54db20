import type { GatewaySettings, HeaderBufferInUse, TimeoutRange, UpstreamLimits } from '../contract/gateway-settings.ts';
import { type PassLimits, readPassLimits } from '../parse/nginx-conf-pass-limits.ts';
import type { ConfContext, NginxConf } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';

type Limits = NonNullable<GatewaySettings['limits']>;

/** On most machines. */
const PAGE_BYTES = 4096;
const UNKNOWN: UpstreamLimits = { connect: null, answer: null, header: null };

/** Timeouts and buffers of all places that send to an upstream, by its name and (`http:name`, `stream:name`) with its module's. */
export function limitsInUse(conf: NginxConf, context: ConfContext, upstreams: readonly Upstream[]): Limits {
  const passes = readPassLimits(conf, context);
  const byPlace = Map.groupBy(passes, placeOf);
  const same = new Map<string, UpstreamLimits>();
  const byUpstream = new Map<string, UpstreamLimits>();
  for (const [name, ones] of Map.groupBy(upstreams, (upstream) => upstream.name)) {
    byUpstream.set(name, limitsOf(ones, byPlace, same));
    if (ones.length > 1)
      for (const one of ones) byUpstream.set(`${one.module}:${name}`, limitsOf([one], byPlace, same));
  }
  return { byUpstream, all: together(passes) };
}

/** Most upstreams of a gateway have the same: they share one object. */
function limitsOf(
  upstreams: readonly Upstream[],
  byPlace: ReadonlyMap<string, readonly PassLimits[]>,
  same: Map<string, UpstreamLimits>,
): UpstreamLimits {
  const places = upstreams.flatMap(({ references }) => references.map(placeOf));
  const limits = together(places.flatMap((place) => byPlace.get(place) ?? []));
  const key = JSON.stringify(limits);
  const known = same.get(key);
  if (known === undefined) same.set(key, limits);
  return known ?? limits;
}

function together(passes: readonly PassLimits[]): UpstreamLimits {
  if (passes.length === 0) return UNKNOWN;
  const headers = passes.map(({ header }) => header).filter((header) => header !== null);
  return {
    connect: rangeOf(passes.map(({ connectMs }) => connectMs)),
    answer: rangeOf(passes.map(({ answerMs }) => answerMs)),
    header: headers.length === 0 ? null : headers.reduce(smaller),
  };
}

function rangeOf(all: readonly (number | null)[]): TimeoutRange | null {
  let [leastMs, mostMs] = [Number.POSITIVE_INFINITY, 0];
  for (const one of all) {
    if (one === null) return null;
    leastMs = Math.min(leastMs, one);
    mostMs = Math.max(mostMs, one);
  }
  return { leastMs, mostMs };
}

/** Nobody sets less than a page and means more. */
function smaller(one: HeaderBufferInUse, other: HeaderBufferInUse): HeaderBufferInUse {
  return (other.bytes ?? PAGE_BYTES) < (one.bytes ?? PAGE_BYTES) ? other : one;
}

function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}
