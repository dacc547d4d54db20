import type { EnvoyFormat } from './envoy-format.ts';

const REQUEST_LINE = '"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%"';
const CLIENT = '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%"';
const SERVICE_TIME = '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%';

/** envoyproxy/envoy SubstitutionFormatUtils::DEFAULT_FORMAT; Contour's too. */
const ENVOY = `[%START_TIME%] ${REQUEST_LINE} %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% ${SERVICE_TIME} ${CLIENT} "%UPSTREAM_HOST%"\n`;
const ISTIO_ADDRESSES =
  '"%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n';
/** istio/istio pilot/pkg/model/telemetry_logging.go, EnvoyTextLogFormat, since 1.9. */
const ISTIO = `[%START_TIME%] ${REQUEST_LINE} %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% ${SERVICE_TIME} ${CLIENT} ${ISTIO_ADDRESSES}`;

const COMMON = {
  start_time: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
};
const CLIENT_KEYS = {
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  upstream_service_time: SERVICE_TIME,
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
};
/** envoyproxy/gateway internal/xds/translator/accesslog.go, EnvoyJSONLogFields. */
const GATEWAY = {
  ...COMMON,
  'x-envoy-origin-path': '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  'x-envoy-upstream-service-time': SERVICE_TIME,
  'x-forwarded-for': '%REQ(X-FORWARDED-FOR)%',
  'user-agent': '%REQ(USER-AGENT)%',
  'x-request-id': '%REQ(X-REQUEST-ID)%',
  ':authority': '%REQ(:AUTHORITY)%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  route_name: '%ROUTE_NAME%',
};
/** Before 1.3.1 (release-notes/v1.3.1.yaml) Envoy Gateway wrote JSON as a text: nothing in it is escaped. */
const GATEWAY_TEXT_KEYS = [
  ...['start_time', 'method', 'x-envoy-origin-path', 'protocol', 'response_code', 'response_flags'],
  ...['response_code_details', 'connection_termination_details', 'upstream_transport_failure_reason'],
  ...['bytes_received', 'bytes_sent', 'duration', 'x-envoy-upstream-service-time', 'x-forwarded-for', 'user-agent'],
  ...['x-request-id', ':authority', 'upstream_host', 'upstream_cluster', 'upstream_local_address'],
  ...['downstream_local_address', 'downstream_remote_address', 'requested_server_name', 'route_name'],
] as const satisfies readonly (keyof typeof GATEWAY)[];

/** projectcontour/contour apis/projectcontour/v1alpha1/accesslog.go, DefaultAccessLogJSONFields. */
const CONTOUR = {
  ...CLIENT_KEYS,
  '@timestamp': '%START_TIME%',
  method: '%REQ(:METHOD)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  duration: '%DURATION%',
  protocol: '%PROTOCOL%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  uber_trace_id: '%REQ(UBER-TRACE-ID)%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  grpc_status: '%GRPC_STATUS%',
  grpc_status_number: '%GRPC_STATUS_NUMBER%',
};

/** What the products log when nobody changed it. */
export const ENVOY_FORMATS = {
  envoy: { text: ENVOY },
  istio: { text: ISTIO },
  'istio-json': {
    json: { ...COMMON, ...CLIENT_KEYS, upstream_cluster: '%UPSTREAM_CLUSTER_RAW%', route_name: '%ROUTE_NAME%' },
  },
  'envoy-gateway': { json: GATEWAY },
  'envoy-gateway-text': { text: `{${GATEWAY_TEXT_KEYS.map((key) => `"${key}":"${GATEWAY[key]}"`).join(',')}}\n` },
  contour: { text: ENVOY },
  'contour-json': { json: CONTOUR },
  /** hashicorp/consul agent/xds/accesslogs/accesslogs.go. */
  consul: { json: { ...COMMON, ...CLIENT_KEYS, upstream_cluster: '%UPSTREAM_CLUSTER%', route_name: '%ROUTE_NAME%' } },
} as const satisfies Readonly<Record<string, EnvoyFormat>>;
export type EnvoyFormatName = keyof typeof ENVOY_FORMATS;
