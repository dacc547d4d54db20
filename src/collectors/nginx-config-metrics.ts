import { counter, gauge, histogram, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';

export const NGINX_CONFIG_METRICS = {
  reloads: counter(
    'badgateway_gateway_config_reloads_total',
    'Reloads of the configuration, by kind: changed, endpoints_only (only servers of upstreams differ), reordered (the same set in another order, or nothing at all).',
    [...SUBJECT_LABELS, 'kind'],
  ),
  hash: gauge(
    'badgateway_upstreams_hash',
    '48 bits of a hash of the upstreams in use with their servers; order does not count. Equal in replicas that send to the same addresses.',
    [...SUBJECT_LABELS],
  ),
  lastChange: gauge(
    'badgateway_upstreams_last_change_timestamp_seconds',
    'When the upstreams in use were last seen to change; at first sight, when the workers began or the newest file was written.',
    [...SUBJECT_LABELS],
  ),
  lastRead: gauge(
    'badgateway_gateway_config_read_timestamp_seconds',
    'When the configuration was last read, or found unchanged.',
    [...SUBJECT_LABELS],
  ),
  files: gauge('badgateway_gateway_config_files', 'Files of the configuration on disk.', [...SUBJECT_LABELS]),
  bytes: gauge(
    'badgateway_gateway_config_bytes',
    'Bytes of the configuration on disk: of all its files that could be read, each once.',
    [...SUBJECT_LABELS],
  ),
  loads: histogram(
    'badgateway_gateway_config_load_seconds',
    'From the last write to the configuration until the workers began that run with it: the wait of who wrote it until it told nginx, and what nginx took to read it, together. Reloads that nothing was written for are not among them, nor those that were loaded within 25 ms.',
    [...SUBJECT_LABELS],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  ),
  problems: gauge(
    'badgateway_gateway_config_problems',
    'Problems of the configuration on disk, by kind; limit and unreadable are those of the reading, all others are errors for nginx too.',
    [...SUBJECT_LABELS, 'kind'],
  ),
} as const satisfies MetricTable;
