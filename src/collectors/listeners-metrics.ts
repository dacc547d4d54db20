import { counter, gauge } from '../contract/metrics.ts';
import { NETNS_LABELS } from '../sources/network-namespaces.ts';

export const LISTENERS_METRICS = {
  listening: gauge(
    'badgateway_listening',
    'Whether a TCP port listens: on all addresses, on some (address), on loopback only; 0 with scope none: a gateway is to listen there and nothing does.',
    [...NETNS_LABELS, 'port', 'scope'],
  ),
  queue: gauge(
    'badgateway_listen_queue_length',
    'Connections that wait to be accepted now, of the fullest of the sockets that listen on the port.',
    [...NETNS_LABELS, 'port'],
  ),
  limit: gauge(
    'badgateway_listen_queue_limit',
    "Accept queue that nginx's configuration and net.core.somaxconn allow the port; estimated=true: somaxconn is taken for the kernel's default. One more fits.",
    [...NETNS_LABELS, 'port', 'estimated'],
  ),
  skipped: counter(
    'badgateway_listeners_skipped_total',
    'What was left out of the sockets that listen, at every poll: ports beyond 64 of a network, sockets beyond 4096 or 1 MiB, rows that are no socket, networks that were not read because others took the time.',
    ['reason'],
  ),
} as const;

export const SKIP_REASONS = ['port_limit', 'table_limit', 'malformed', 'budget'] as const;
