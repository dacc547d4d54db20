import { type AuditRule, unchecked } from '../rule.ts';

/** 32768 to 60999, the kernel's default (inet_net_init, net/ipv4/af_inet.c). */
const DEFAULT_PORTS = 28_232;
const SYSCTL = 'net.ipv4.ip_local_port_range';

export const portRangeNarrow: AuditRule = {
  name: 'port_range_narrow',
  severity: 'warning',
  summary:
    'Fewer local ports than the kernel has by default: that many connections to one upstream address, TIME_WAIT included',
  needsWhole: false,
  *check({ facts: { localPorts } }) {
    if (!localPorts.isKnown) {
      yield unchecked(localPorts.why);
      return;
    }
    const { low, high } = localPorts.value;
    const ports = high - low + 1;
    if (ports >= DEFAULT_PORTS) return;
    yield {
      place: { sysctl: SYSCTL },
      message: `ip_local_port_range ${low} ${high} has ${ports} ports, the kernel's default ${DEFAULT_PORTS}: so many connections to one address and port of an upstream, those in TIME_WAIT included`,
      fix: `sysctl ${SYSCTL}="10240 60999" in the network namespace of nginx, without ports that something listens on`,
    };
  },
};
