import { COMBINED, JSON_ESCAPE, LISTS, type OddFormat } from './format-words.ts';

/** What people add to each of these: caches, TLS, limits, labels. */
export const EXTENDED_FORMATS: readonly OddFormat[] = [
  {
    words: [`${COMBINED} $request_time $ssl_protocol/$ssl_cipher $upstream_addr $upstream_status`],
    gives: 'time_local request body_bytes_sent request_time upstream_addr upstream_status',
  },
  {
    words: [`${COMBINED} rt=$request_time ut="$upstream_response_time" cs=$upstream_cache_status`],
    gives: 'time_local request body_bytes_sent request_time upstream_response_time',
  },
  {
    words: ['$remote_addr [$time_iso8601] $upstream_cache_status "$request" $status $upstream_addr'],
    gives: 'time_iso8601 request upstream_addr',
  },
  {
    words: ['"$request" $status $limit_req_status/$limit_conn_status "$upstream_addr" "$upstream_status"'],
    gives: 'request limit_req_status limit_conn_status upstream_addr upstream_status',
  },
  {
    words: [
      JSON_ESCAPE,
      '{"status":$status,"limits":["$limit_req_status","$limit_conn_status"],"ua":"$http_user_agent"}',
    ],
    gives: 'limit_req_status limit_conn_status',
  },
  {
    words: [
      'time:$time_iso8601\thost:$remote_addr\tforwardedfor:$http_x_forwarded_for\treq:$request\tstatus:$status\tmethod:$request_method\turi:$request_uri\tsize:$body_bytes_sent\tua:$http_user_agent\treqtime:$request_time\tapptime:$upstream_response_time\tvhost:$host',
    ],
    gives: 'time_iso8601 request request_method body_bytes_sent request_time upstream_response_time host',
  },
  {
    words: [
      'ts=$time_iso8601 uri=$request_uri status=$status upstream_status=$upstream_status upstream=$upstream_addr rt=$request_time',
    ],
    gives: 'time_iso8601 upstream_status upstream_addr request_time',
  },
  {
    words: [
      '$time_iso8601 [$status] $request_method $scheme://$host$request_uri -> $upstream_addr ($upstream_status) in $request_time',
    ],
    gives: 'time_iso8601 request_method upstream_addr upstream_status request_time',
    unread: 'host',
  },
  {
    words: [
      'site="$server_name" server="$host" src="$remote_addr" user="$remote_user" status="$status" bytes_in="$upstream_bytes_received" uri_query="$query_string" uri_path="$uri" http_method="$request_method" response_time="$upstream_response_time" cookie="$http_cookie" https="$https"',
    ],
    gives: 'server_name host request_method upstream_response_time',
  },
  {
    words: [
      '$msec;$remote_addr;$request_method;$host;$request_uri;$status;$body_bytes_sent;$request_time;$upstream_response_time',
    ],
    gives: 'msec request_method body_bytes_sent request_time upstream_response_time',
    unread: 'host',
  },
  {
    words: [
      '$remote_addr $status $upstream_addr $upstream_status $upstream_connect_time/$upstream_header_time/$upstream_response_time $request_time',
    ],
    gives:
      'upstream_addr upstream_status upstream_connect_time upstream_header_time upstream_response_time request_time',
  },
  { words: ['$status ($upstream_addr) ($upstream_status) {$upstream_response_time}'], gives: LISTS },
  {
    words: ['$connection:$connection_requests $status $msec-$request_time'],
    gives: 'connection connection_requests msec request_time',
  },
  { words: ['$status  $request_time   $upstream_addr'], gives: 'request_time upstream_addr' },
  { words: ['<190>$hostname nginx: $status $request_time $request_uri'], gives: 'request_time' },
  { words: ['1$status'], gives: '' },
  {
    words: ['[$time_local] $http_cf_connecting_ip $http_cf_ray "$request" $status $request_time'],
    gives: 'time_local request request_time',
  },
  { words: ['$sent_http_x $status "$upstream_status"'], gives: 'upstream_status' },
  {
    words: ['$cookie_session [$status] $request_time "$upstream_addr" "$upstream_status"'],
    gives: 'request_time upstream_addr upstream_status',
  },
  {
    words: [
      '$remote_addr [$time_local] "$request" $status $request_completion $pipe $gzip_ratio "$upstream_addr" "$upstream_status"',
    ],
    gives: 'time_local request upstream_addr upstream_status',
  },
  {
    words: ['$status $sent_trailer_grpc_status "$upstream_addr" "$upstream_status" $upstream_trailer_grpc_status'],
    gives: 'upstream_addr upstream_status',
  },
];
