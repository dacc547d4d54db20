import type { UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import type { MappedService } from './tracked-upstream.ts';
import { type ComparedUpstream, NO_ADDRESSES, type UsedAddress } from './upstream-comparison.ts';

/** What one source sees of a proxy. */
export interface View {
  readonly key: string;
  latest: UpstreamsView;
  upstreams: ReadonlyMap<string, Tracked>;
  /** Its proxy has not been read for too long. */
  isOld: boolean;
}

/** An upstream of it. */
export interface Tracked {
  readonly key: string;
  readonly of: View;
  upstream: UpstreamInUse;
  addresses: readonly UsedAddress[];
  mapped: MappedService;
  compared: ComparedUpstream;
  isRead: boolean;
}

const UNMAPPED: MappedService = { service: null, portNumber: '', method: 'none', reason: '', isStatic: false };
export const NOTHING_COMPARED: ComparedUpstream = {
  counts: NO_ADDRESSES,
  addresses: [],
  driftSinceMs: null,
  isWaiting: false,
};

export function newTracked(of: View, upstream: UpstreamInUse): Tracked {
  const key = `${of.key} ${upstream.name}`;
  return { key, of, upstream, addresses: [], mapped: UNMAPPED, compared: NOTHING_COMPARED, isRead: false };
}
