import type { Cause } from '../contract/names.ts';
import type { Explanation } from './explanations.ts';

/** Causes that are about what the peer’s program and its sockets do. */
export const PEER_EXPLANATIONS = {
  sidecar_down: {
    title: 'Sidecar down',
    meaning: 'The connections of a pod are redirected to a sidecar proxy, and that is not there.',
    likely: [
      'the sidecar crashed, was killed or cannot start (its certificate, its control plane)',
      'the application started before its sidecar, or outlived it',
    ],
    next: 'kubectl get pod POD: are all containers ready? Then the log of the sidecar (istio-proxy, consul-dataplane, kuma-sidecar).',
  },
  bound_to_loopback: {
    title: 'Listens on loopback only',
    meaning: 'The program listens on that port, but on 127.0.0.1 or ::1: only its own pod reaches it.',
    likely: [
      'it was started with localhost or 127.0.0.1 as its address',
      'its default is loopback unless told otherwise (development servers)',
    ],
    next: 'Have it listen on 0.0.0.0 or ::. In the pod: ss -ltn shows 127.0.0.1:PORT.',
  },
  not_listening: {
    title: 'Nothing listens there',
    meaning: 'Nothing listens at the address, or the unix socket that the gateway connects to does not exist.',
    likely: [
      'the program is not running, or crashed and is being started',
      'it has not opened its port yet, or its socket at another path',
      'the volume with the socket is not mounted',
    ],
    next: 'On the peer: the state and restarts of the program, ss -ltn. For a unix socket: ls -l its path inside the gateway’s container.',
  },
  connection_refused: {
    title: 'Connection refused',
    meaning: 'The peer is there and answered that nothing accepts connections on that port.',
    likely: [
      'the program crashed, restarts or has not started listening yet',
      'it listens on another port or only on 127.0.0.1',
      'a firewall rejects with RST',
    ],
    next: 'On the peer: ss -ltn, then the state and restarts of the program (kubectl describe pod, systemctl status).',
  },
  oom_killed: {
    title: 'Killed for want of memory',
    meaning: 'The kernel killed the peer’s program because its container was at its memory limit.',
    likely: [
      'the memory limit is below what the program needs under load',
      'a leak',
      'one request that takes much memory',
    ],
    next: 'kubectl describe pod: Last State OOMKilled, the limit and the number of restarts; then the memory of the container before it.',
  },
  listen_queue_overflow: {
    title: 'Listen queue full',
    meaning: 'The program takes connections slower than they come and its listen queue is full.',
    likely: [
      'all workers of the program are busy (php-fpm pm.max_children, gunicorn workers)',
      'its backlog or net.core.somaxconn is too small for the bursts',
    ],
    next: 'In the peer’s network namespace ss -lx (unix) or ss -ltn (TCP): Recv-Q at Send-Q means full. Then the latency of the program.',
  },
  syn_queue_full: {
    title: 'SYN queue full',
    meaning: 'More connections were half open at the peer than its queue holds, and it dropped the next ones.',
    likely: [
      'a burst of new connections while net.ipv4.tcp_syncookies is 0',
      'a SYN flood',
      'a small backlog or net.ipv4.tcp_max_syn_backlog',
    ],
    next: 'In the pod’s network namespace: nstat -az TcpExtTCPReqQFullDrop; then sysctl net.ipv4.tcp_syncookies.',
  },
} as const satisfies Readonly<Partial<Record<Cause, Explanation>>>;
