import { gauge, type MetricTable, SUBJECT_LABELS } from './metrics.ts';

/** What files and Envoy say of certificates: one family each, whoever read it. */
export const CERTIFICATE_METRICS = {
  certificateExpiry: gauge(
    'badgateway_certificate_expiry_timestamp_seconds',
    'When a certificate expires; the earliest one of that name.',
    [...SUBJECT_LABELS, 'name'],
  ),
  certificateNotBefore: gauge(
    'badgateway_certificate_not_before_timestamp_seconds',
    'From when the certificate whose expiry is told is valid: with it, the whole of its life. Absent where that is not told.',
    [...SUBJECT_LABELS, 'name'],
  ),
} as const satisfies MetricTable;
