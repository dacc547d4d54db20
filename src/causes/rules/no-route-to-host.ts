import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { clockText, peerOf } from '../sentences.ts';
import { isUnavailableIpv6 } from '../unavailable-address.ts';

/** No range of local ports is so narrow: where fewer are taken, some are free. */
const FEW_PORTS = 64;

/**
 * errno 99 of `connect()` to an IPv6 address: no local port was free, or the kernel had no address to send from (ipv6_dev_get_saddr() in
 * net/ipv6/addrconf.c), as where IPv6 is switched off.
 */
export const noRouteToHost: CauseRule = {
  cause: 'no_route_to_host',
  symptoms: new Set(['address_unavailable']),
  judge(of, facts) {
    if (!isUnavailableIpv6(of)) return null;
    const ports = facts.localPorts(of);
    if (!ports.isKnown) return unproved(ports);
    const { active, timeWait, isFull, atMs } = ports.value;
    if (isFull || active + timeWait >= FEW_PORTS) return null;
    return proof(
      `the gateway had no IPv6 address to send from: ${active + timeWait} local ports were taken towards ${peerOf(of)} at ${clockText(atMs, of.atMs)}, so others were free`,
    );
  },
};
