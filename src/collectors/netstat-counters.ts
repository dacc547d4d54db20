import { foreignCounter } from '../contract/metrics.ts';
import { NETNS_LABELS } from '../sources/network-namespaces.ts';

function perNamespace(name: `badgateway_${string}_total`, help: string) {
  return foreignCounter(name, help, NETNS_LABELS);
}

/** Our name for each kernel counter, keyed by the kernel's. Meanings: Documentation/networking/snmp_counter.rst. */
export const NETSTAT_COUNTERS = {
  'TcpExt.ListenOverflows': perNamespace(
    'badgateway_listen_overflows_total',
    'SYNs dropped because an accept queue was full; retransmits count again.',
  ),
  'TcpExt.ListenDrops': perNamespace(
    'badgateway_listen_drops_total',
    'SYNs dropped by a listener for any reason, overflows included.',
  ),
  'TcpExt.TCPReqQFullDrop': perNamespace(
    'badgateway_syn_queue_drops_total',
    'SYNs dropped because the SYN queue was full and SYN cookies are off.',
  ),
  'TcpExt.TCPReqQFullDoCookies': perNamespace(
    'badgateway_syn_queue_cookies_total',
    'SYNs answered with a cookie because the SYN queue was full.',
  ),
  'TcpExt.SyncookiesSent': perNamespace('badgateway_syn_cookies_sent_total', 'SYN cookies sent.'),
  'TcpExt.SyncookiesRecv': perNamespace('badgateway_syn_cookies_received_total', 'Valid SYN cookies received.'),
  'TcpExt.SyncookiesFailed': perNamespace('badgateway_syn_cookies_failed_total', 'Invalid SYN cookies received.'),
  'TcpExt.TCPSynRetrans': perNamespace(
    'badgateway_syn_retransmits_total',
    'SYNs and SYN-ACKs sent again: a connect that got no answer.',
  ),
  'TcpExt.TCPTimeouts': perNamespace('badgateway_tcp_timeouts_total', 'TCP retransmission timeouts.'),
  'TcpExt.TCPAbortOnData': perNamespace(
    'badgateway_tcp_aborts_on_data_total',
    'Connections reset: data came after this side had closed, or it closed with zero linger.',
  ),
  'TcpExt.TCPAbortOnClose': perNamespace(
    'badgateway_tcp_aborts_on_close_total',
    'Connections reset because this side closed with unread data.',
  ),
  'TcpExt.TCPAbortOnMemory': perNamespace(
    'badgateway_tcp_aborts_on_memory_total',
    'Connections reset for want of TCP memory or too many orphans.',
  ),
  'TcpExt.TCPAbortOnTimeout': perNamespace(
    'badgateway_tcp_aborts_on_timeout_total',
    'Connections given up after the last retransmission or keepalive.',
  ),
  'TcpExt.TCPMemoryPressures': perNamespace(
    'badgateway_tcp_memory_pressures_total',
    'Times that TCP came under memory pressure.',
  ),
  'TcpExt.TCPTimeWaitOverflow': perNamespace(
    'badgateway_tcp_time_wait_overflows_total',
    'TIME_WAIT sockets not made because there were too many.',
  ),
  'TcpExt.TCPBacklogDrop': perNamespace(
    'badgateway_tcp_socket_backlog_drops_total',
    'Segments dropped at a busy socket; not the listen queue.',
  ),
  'TcpExt.PruneCalled': perNamespace(
    'badgateway_tcp_receive_prunes_total',
    'Times that a receive buffer overran and was pruned.',
  ),
  'TcpExt.RcvPruned': perNamespace(
    'badgateway_tcp_receive_prune_drops_total',
    'Segments dropped because pruning did not make room.',
  ),
  'TcpExt.OfoPruned': perNamespace(
    'badgateway_tcp_out_of_order_prunes_total',
    'Times that out-of-order segments were dropped to make room.',
  ),
  'TcpExt.TCPRcvCollapsed': perNamespace(
    'badgateway_tcp_receive_collapses_total',
    'Buffers merged in a receive queue to save memory.',
  ),
  'TcpExt.TCPRcvQDrop': perNamespace(
    'badgateway_tcp_receive_queue_drops_total',
    'Segments dropped because a receive queue was full.',
  ),
  'TcpExt.TCPZeroWindowDrop': perNamespace(
    'badgateway_tcp_zero_window_drops_total',
    'Segments dropped while the receive window was zero.',
  ),
  'TcpExt.TCPToZeroWindowAdv': perNamespace(
    'badgateway_tcp_zero_windows_total',
    'Times that this side closed its receive window: a slow reader here.',
  ),
  'TcpExt.TCPFromZeroWindowAdv': perNamespace(
    'badgateway_tcp_zero_windows_reopened_total',
    'Times that this side opened its receive window again.',
  ),
  'Tcp.AttemptFails': perNamespace(
    'badgateway_tcp_attempt_failures_total',
    'Connects that ended in a reset or an ICMP error.',
  ),
  'Tcp.EstabResets': perNamespace(
    'badgateway_tcp_established_resets_total',
    'Established connections that were reset.',
  ),
  'Tcp.OutRsts': perNamespace('badgateway_tcp_resets_sent_total', 'Resets sent, refused connects included.'),
  'Tcp.ActiveOpens': perNamespace('badgateway_tcp_active_opens_total', 'Connects started from here.'),
  'Tcp.PassiveOpens': perNamespace('badgateway_tcp_passive_opens_total', 'Connections accepted here.'),
  'Tcp.OutSegs': perNamespace('badgateway_tcp_segments_sent_total', 'Segments sent, without retransmissions.'),
  'Tcp.RetransSegs': perNamespace('badgateway_tcp_segments_retransmitted_total', 'Segments sent again.'),
  'Ip.OutNoRoutes': perNamespace('badgateway_ip_no_routes_total', 'Packets not sent for want of a route (errno 101).'),
  'Ip.OutDiscards': perNamespace('badgateway_ip_output_discards_total', 'Packets dropped on output.'),
};
