import { type AuditRule, unchecked } from '../rule.ts';

/** What kube-proxy sets (--conntrack-tcp-timeout-established); the kernel's default is five days. */
const USUAL_SECONDS = 86_400;
const SYSCTL = 'net.netfilter.nf_conntrack_tcp_timeout_established';

export const conntrackTimeoutEstablished: AuditRule = {
  name: 'conntrack_timeout_established',
  severity: 'info',
  summary: 'An idle connection is tracked for longer than a day',
  needsWhole: false,
  *check({ facts: { conntrackEstablishedSeconds: timeout } }) {
    if (!timeout.isKnown) {
      yield unchecked(timeout.why);
      return;
    }
    if (timeout.value <= USUAL_SECONDS) return;
    yield {
      place: { sysctl: SYSCTL },
      message: `a connection whose end was not seen is tracked for ${timeout.value} s; kube-proxy sets ${USUAL_SECONDS}: forgotten entries fill the table`,
      fix: `sysctl ${SYSCTL}=${USUAL_SECONDS}`,
    };
  },
};
