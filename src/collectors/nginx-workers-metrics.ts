import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';

/** Values of `state`. */
export const WORKER_STATES = ['running', 'shutting_down'] as const;
export type WorkerState = (typeof WORKER_STATES)[number];
/** Values of `origin`. */
export const GENERATION_ORIGINS = ['reload', 'replaced'] as const;

export const NGINX_WORKERS_METRICS = {
  workers: gauge(
    'badgateway_workers',
    'Worker processes of nginx, by state: running, or shutting_down (sent away by a reload, and going on with what they have).',
    [...SUBJECT_LABELS, 'state'],
  ),
  memory: gauge(
    'badgateway_worker_memory_bytes',
    'Memory of the workers in sum, by kind: rss counts pages that workers share once for each, pss divides them among those who share them and is absent where it may not be read.',
    [...SUBJECT_LABELS, 'state', 'kind'],
  ),
  oldestStart: gauge(
    'badgateway_worker_shutting_down_oldest_start_timestamp_seconds',
    'When the oldest of the workers that shut down began; absent without any.',
    SUBJECT_LABELS,
  ),
  openFds: gauge(
    'badgateway_worker_open_fds',
    'Open files of the worker that is nearest to its limit; absent before Linux 6.2.',
    SUBJECT_LABELS,
  ),
  openFdsLimit: gauge('badgateway_worker_open_fds_limit', 'Limit of open files of that worker.', SUBJECT_LABELS),
  connectionsUsed: gauge(
    'badgateway_worker_connections_used',
    'Connections of the running worker that has most, to clients and upstreams, from its open files; sockets that listen are not among them.',
    SUBJECT_LABELS,
  ),
  connectionsLimit: gauge(
    'badgateway_worker_connections_limit',
    'worker_connections of the running configuration; absent when that is not known.',
    SUBJECT_LABELS,
  ),
  connectionsHeld: gauge(
    'badgateway_worker_connections_held',
    'Connections, to clients and upstreams, that keep the workers that shut down from ending, in sum.',
    SUBJECT_LABELS,
  ),
  generations: counter(
    'badgateway_worker_generations_total',
    'New generations of workers, by origin: reload, or replaced (workers in the place of others that nobody saw go: a reload or a crash).',
    [...SUBJECT_LABELS, 'origin'],
  ),
  respawns: counter(
    'badgateway_worker_respawns_total',
    'Workers that crashed and were started again, as seen by their processes.',
    SUBJECT_LABELS,
  ),
  classInfo: gauge(
    'badgateway_gateway_class_info',
    'Always 1: which controller started the nginx (ingress_nginx, or nginx_ingress_controller of F5), and the --ingress-class and --controller-class on its command line; empty where they are not given.',
    [...SUBJECT_LABELS, 'controller', 'ingress_class', 'controller_class'],
  ),
} as const satisfies MetricTable;
