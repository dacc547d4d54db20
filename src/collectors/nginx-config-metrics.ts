import { counter, gauge, type MetricTable, SUBJECT_LABELS } from '../contract/metrics.ts';

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
  problems: gauge(
    'badgateway_gateway_config_problems',
    'Problems of the configuration on disk, by kind; limit and unreadable are those of the reading, all others are errors for nginx too.',
    [...SUBJECT_LABELS, 'kind'],
  ),
} as const satisfies MetricTable;
