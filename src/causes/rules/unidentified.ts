import { KERNEL_NAMES } from '../dropped-packets.ts';
import { proof, unproved } from '../judging.ts';
import type { CauseRule } from '../rule.ts';
import { peerOf, spanText } from '../sentences.ts';

/**
 * Envoy counts every failed connection as one, whatever the reason: no route, an ICMP error, a peer that hangs up during the TLS handshake. Where the
 * kernel counts no attempt that failed (a reset in SYN_SENT does; tcp_done() in net/ipv4/tcp.c), no reset refused it, and what it was is not known.
 */
export const unidentified: CauseRule = {
  cause: 'unidentified',
  symptoms: new Set(['connect_refused']),
  judge(of, facts) {
    // An access log has the errno. A unix socket has no such counter.
    if (of.proxy !== 'envoy' || of.source === 'access_log' || of.peer === null || of.peer.port === null) return null;
    const failed = facts.growth(of, 'gateway', 'attempt_failures', 0);
    if (!failed.isKnown) return unproved(failed);
    const { delta, where, after, fromMs, toMs } = failed.value;
    if (delta > 0) return null;
    return proof(
      `Envoy could not connect to ${peerOf(of)}, and no reset refused it: ${KERNEL_NAMES.attempt_failures} of ${where} stayed at ${after} ${spanText(fromMs, toMs, of.atMs)}`,
      'no route to it, a firewall that rejects by ICMP, or it hung up before the TLS handshake was over: an access log of Envoy would say which',
    );
  },
};
