import type { ServerInUse, UpstreamInUse, UpstreamsView } from '../contract/upstream.ts';
import type { MappedService } from './tracked-upstream.ts';
import type { Tracked } from './tracked-view.ts';
import type { AddressUse } from './used-addresses.ts';

/** What it is used for now: a proxy that is read again, or an upstream that stands for another Service, makes no other use of it. */
export class CurrentUse implements AddressUse {
  readonly servers: ReadonlyMap<string, ServerInUse>;
  readonly sinceMs: number;
  readonly untilMs = null;
  readonly place: string;
  readonly #tracked: Tracked;

  constructor(tracked: Tracked, { servers, sinceMs, place }: Pick<AddressUse, 'servers' | 'sinceMs' | 'place'>) {
    this.#tracked = tracked;
    this.servers = servers;
    this.sinceMs = sinceMs;
    this.place = place;
  }

  get view(): UpstreamsView {
    return this.#tracked.of.latest;
  }

  get upstream(): UpstreamInUse {
    return this.#tracked.upstream;
  }

  get mapped(): MappedService {
    return this.#tracked.mapped;
  }
}
