import type { UpstreamsView } from '../contract/upstream.ts';
import type { MappedService } from './tracked-upstream.ts';
import type { UsedAddress } from './upstream-comparison.ts';

/**
 * Why a death gap or a propagation is not known; closed set. `not_seen`: it began before the slices were watched or while
 * they were not. `stale_view`: the slices were older than they may be in between. `proxy_not_read`: the proxy was not read
 * for too long. `proxy_gone`: it went before. `remapped`: the upstream stands for another Service now. `not_used`: the proxy
 * has not taken the endpoint for an hour. `too_many`: not followed, too many are.
 */
export const GAP_UNKNOWNS = [
  'not_seen',
  'stale_view',
  'proxy_not_read',
  'proxy_gone',
  'remapped',
  'not_used',
  'too_many',
] as const;
export type GapUnknown = (typeof GAP_UNKNOWNS)[number];

/** An upstream of a running proxy and what it stands for. */
export interface GapSubject {
  readonly view: UpstreamsView;
  readonly mapped: MappedService;
}

/** A time that was measured; `isClamped`: it was negative and is 0. */
export interface MeasuredGap {
  readonly milliseconds: number;
  readonly isClamped: boolean;
}

/** Where what is found about death gaps and propagation goes. */
export interface GapSink {
  /** The proxy is watched: its series may begin. */
  present(view: UpstreamsView): void;
  deathGap(of: GapSubject, gap: MeasuredGap): void;
  propagation(of: GapSubject, gap: MeasuredGap): void;
  /** An address was ready again before the proxy dropped it. */
  flap(of: GapSubject): void;
  deathGapUnknown(of: GapSubject, reason: GapUnknown): void;
  propagationUnknown(of: GapSubject, reason: GapUnknown): void;
}

/** What a running proxy uses of one upstream. */
export interface UpstreamUse extends GapSubject {
  /** Unique over all proxies and sources. */
  readonly key: string;
  readonly viewKey: string;
  readonly upstream: string;
  readonly addresses: readonly UsedAddress[];
}

/** When the proxy was read, and when the time before; milliseconds since the epoch. */
export interface ProxyRead {
  readonly atMs: number;
  /** Null: never before. */
  readonly beforeMs: number | null;
}

/** Told of every change of what running proxies use. */
export interface UseListener {
  /** Its addresses or its Service are others now, or it is new. */
  changed(use: UpstreamUse, read: ProxyRead): void;
  /** The running proxy does not have the upstream any more. */
  dropped(key: string, read: ProxyRead): void;
  /** The proxy is gone or cannot be read any more. */
  gone(viewKey: string): void;
}
