import type { Cause } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Causes that are about what happens on the way. */
export const NETWORK_EXPLANATIONS = {
  no_route_to_host: {
    title: 'No route to host',
    meaning: 'The network says that the address cannot be reached.',
    likely: [
      'the pod or node is gone and the gateway still uses its address',
      'a firewall or policy answers with ICMP unreachable',
      'an IPv6 address and no IPv6 here',
    ],
    next: 'Is the address still a running endpoint (kubectl get endpointslices)? Then ip route get ADDRESS on the gateway.',
  },
  connect_timeout: {
    title: 'Connecting timed out',
    meaning: 'Nothing answered the attempt to connect: packets are dropped somewhere, or the host is gone.',
    likely: [
      'the pod or host is gone and its address is not in use',
      'a network policy, security group or firewall drops the packets',
      'the listen queue of the peer or a conntrack table on the way is full',
    ],
    next: 'Is the address still a running endpoint (kubectl get endpointslices)? Then nstat -az TcpExtListenOverflows in the peer’s namespace.',
  },
  conntrack_full: {
    title: 'Conntrack table full',
    meaning: 'The kernel dropped packets of new connections because its table of connections was full.',
    likely: [
      'more connections than net.netfilter.nf_conntrack_max, often short ones that linger',
      'established connections are kept for days (nf_conntrack_tcp_timeout_established)',
      'a SYN or DNS flood from one pod of the node',
    ],
    next: 'On the node: conntrack -S and sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; raise the limit and the hash size in step.',
  },
  conntrack_insert_failed: {
    title: 'Conntrack entry refused',
    meaning:
      'The kernel dropped packets because the entry of the connection could not be made although the table had room.',
    likely: [
      'no port left for SNAT towards this address',
      'two packets of one socket at once (DNS over UDP, A and AAAA)',
    ],
    next: 'On the node: conntrack -S (insert_failed); then the ports for SNAT (MASQUERADE --random-fully, more egress addresses) or a DNS cache on the node.',
  },
  ephemeral_ports_exhausted: {
    title: 'No local address or port left',
    meaning:
      'The gateway has no free local port for another connection to this peer, or not the local address it was told to use.',
    likely: [
      'short connections without upstream keepalive fill ip_local_port_range with TIME_WAIT',
      'proxy_bind names an address that is not on this host',
    ],
    next: 'On the gateway: ss -s and ss -tan state time-wait dst PEER | wc -l, against sysctl net.ipv4.ip_local_port_range.',
  },
  permission_denied: {
    title: 'Permission denied',
    meaning: 'The system forbids the gateway to connect.',
    likely: [
      'SELinux: httpd_can_network_connect is off',
      'owner or mode of the unix socket',
      'a prohibit route or an outgoing firewall rule',
    ],
    next: 'ausearch -m avc -ts recent, then ls -lZ the socket and the user in nginx.conf.',
  },
  dns_failure: {
    title: 'Name not resolved',
    meaning: 'The gateway could not resolve the name of an upstream.',
    likely: [
      'the Service or name does not exist',
      'the DNS server is down, overloaded or not reachable',
      'no resolver is configured for a name in a variable',
    ],
    next: 'dig @RESOLVER NAME from the gateway; then the state of the cluster’s DNS (kubectl -n kube-system get pods -l k8s-app=kube-dns).',
  },
} as const satisfies Readonly<Partial<Record<Cause, Explanation>>>;
