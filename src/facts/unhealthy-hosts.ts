import type { Observation } from '../contract/failure.ts';
import { type Answer, known, pending, unknown } from './answer.ts';
import type { UnhealthyServers } from './facts.ts';
import { upstreamsOf } from './upstream-identity.ts';
import type { UsedAddresses } from './used-addresses.ts';

/** A proxy is read every 10 s: what was so at the reading before still is. */
const READ_MS = 15_000;

/** Which servers of an upstream the proxy keeps out because its own health checks of them fail. */
export class UnhealthyHosts {
  readonly #used: UsedAddresses;

  constructor(used: UsedAddresses) {
    this.#used = used;
  }

  unhealthy(of: Observation): Answer<UnhealthyServers> {
    const [one] = upstreamsOf(this.#used, of);
    if (one === undefined) return unknown('which upstream it was is not known');
    const { upstream, view } = one;
    const { servers } = upstream;
    const failing = servers.filter(({ failsChecks, kind }) => failsChecks === true && kind === 'ip');
    // An access log tells of the failures before the statistics are read: what was well then may not be by now.
    const wasWell = failing.length === 0 && servers.length > 0 && view.readAtMs < of.sinceMs;
    if (wasWell || view.readAtMs < of.sinceMs - READ_MS) return pending('the proxy is read again soon');
    return known({
      failing: failing.map(({ host, port }) => ({ scheme: 'tcp', address: host, port })),
      total: servers.length,
    });
  }
}
