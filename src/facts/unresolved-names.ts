import type { Observation } from '../contract/failure.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import { upstreamsOf } from './upstream-identity.ts';
import type { UsedAddresses } from './used-addresses.ts';

/** A proxy is read every 10 s: what was so at the reading before still is. */
const READ_MS = 15_000;

/** Whether an upstream without a server has none because its name gives no address. */
export class UnresolvedNames {
  readonly #used: UsedAddresses;

  constructor(used: UsedAddresses) {
    this.#used = used;
  }

  unresolved(of: Observation): Answer<string | null> {
    const [one] = upstreamsOf(this.#used, of);
    if (one === undefined) return unknown('which upstream it was is not known');
    const { upstream, view } = one;
    const isLately = view.readAtMs >= of.sinceMs - READ_MS;
    if (upstream.unresolved !== undefined && isLately) return known(upstream.unresolved);
    return view.readAtMs >= of.sinceMs ? known(null) : pending('the proxy is read again soon');
  }
}
