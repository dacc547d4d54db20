/** What is read of an Envoy access line; everything else is passed over. */
export const ACCESS_FIELDS = [
  'start_time',
  'response_code',
  'response_flags',
  'response_flags_long',
  'response_code_details',
  'connection_termination_details',
  'transport_failure_reason',
  'upstream_host',
  'upstream_cluster',
  'route_name',
  'duration',
  'request_tx_duration',
  'response_duration',
  'upstream_service_time',
  'bytes_sent',
  'bytes_received',
  'method',
  'protocol',
  'connection_id',
  'stream_id',
  'attempts',
] as const;
export type AccessField = (typeof ACCESS_FIELDS)[number];

export const FIELD = Object.fromEntries(ACCESS_FIELDS.map((name, index) => [name, index])) as Readonly<
  Record<AccessField, number>
>;

/** What counters and causes are made of: a format that has one of them where it cannot be read is refused. */
export const COUNTED_FIELDS: ReadonlySet<AccessField> = new Set<AccessField>([
  'response_code',
  'response_flags',
  'response_flags_long',
  'response_code_details',
  'transport_failure_reason',
  'upstream_host',
  'upstream_cluster',
  'duration',
  'request_tx_duration',
  'response_duration',
  'bytes_sent',
  'bytes_received',
  'attempts',
]);
