/** Formats as people write them, and odd ones. What each gives beside the status. */

import { EXTENDED_FORMATS } from './extended-formats.ts';
import { COMBINED, JSON_ESCAPE, LISTS, NO_ESCAPE, type OddFormat } from './format-words.ts';

export const READABLE: readonly OddFormat[] = [
  // combined and its kin
  { words: [COMBINED], gives: 'time_local request body_bytes_sent' },
  { words: [`${COMBINED} $request_time`], gives: 'time_local request body_bytes_sent request_time' },
  { words: [`${COMBINED} "$http_x_forwarded_for"`], gives: 'time_local request body_bytes_sent' },
  {
    words: [
      `${COMBINED} rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time"`,
    ],
    gives:
      'time_local request body_bytes_sent request_time upstream_connect_time upstream_header_time upstream_response_time',
  },
  {
    words: [`${COMBINED} $request_time $upstream_response_time $pipe`],
    gives: 'time_local request body_bytes_sent request_time upstream_response_time',
  },
  {
    words: [`${COMBINED} "$upstream_addr" "$upstream_status" "$upstream_response_time"`],
    gives: `time_local request body_bytes_sent ${LISTS}`,
  },
  { words: ['$host ', COMBINED], gives: 'time_local request body_bytes_sent', unread: 'host' },
  { words: ['$remote_addr - $host [$time_local] "$request" $status'], gives: 'host time_local request' },
  { words: ['$http_x_forwarded_for - $remote_user [$time_local] "$request" $status'], gives: 'time_local request' },
  { words: ['[$time_local] $status "$request"'], gives: 'time_local request' },
  { words: ['[$time_iso8601] $status $request'], gives: 'time_iso8601 request' },
  { words: ['$status'], gives: '' },
  { words: ['"$status"'], gives: '' },
  { words: ['$status $request_time $http_user_agent'], gives: 'request_time' },
  { words: ['$http_user_agent $status $request_time'], gives: 'request_time' },
  { words: ['$status $http_user_agent $request_time'], gives: 'request_time' },
  { words: ['$status $http_user_agent $http_referer $request_time'], gives: 'request_time' },
  {
    words: ['$remote_user $status $request_time $bytes_sent $request_length $connection $connection_requests'],
    gives: 'request_time bytes_sent request_length connection connection_requests',
  },
  { words: ['\x24{status}ms\x24{request_time}s'], gives: 'request_time' },
  // several words, braces, joins
  { words: ['$remote_addr ', '\x24{status}', ' $request_time'], gives: 'request_time' },
  { words: ['status:$status', '; time:$request_time'], gives: 'request_time' },
  { words: ['\x24{status}00 "$request_time"'], gives: 'request_time' },
  { words: ['escape=default', '$status $request_time'], gives: 'request_time' },
  // separators
  {
    words: ['$time_local\t$status\t$request_time\t$upstream_addr\t$upstream_status\t$request\t$http_user_agent\t$host'],
    gives: 'time_local request_time upstream_addr upstream_status request host',
  },
  {
    words: ['$remote_addr|$status|$request_time|$upstream_addr|$upstream_status|$upstream_response_time'],
    gives: `request_time ${LISTS}`,
  },
  { words: ['$http_user_agent\u241f$status\u241f$host\u241f$request_time'], gives: 'host request_time' },
  {
    words: ['$status,$request_time,$bytes_sent,"$upstream_addr","$upstream_status"'],
    gives: 'request_time bytes_sent upstream_addr upstream_status',
  },
  { words: ['"$host","$request_method","$status","$request_time"'], gives: 'host request_method request_time' },
  { words: ["'$host' '$status' '$request_time'"], gives: 'host request_time' },
  { words: ['<$status> <$request_time> <$http_x>'], gives: 'request_time' },
  { words: ['$status-$request_time-$bytes_sent'], gives: 'request_time bytes_sent' },
  { words: ['$msec $status'], gives: 'msec' },
  { words: ['$status $scheme$host'], gives: '', unread: 'host' },
  { words: ['$status $request_uri $host'], gives: '', unread: 'host' },
  { words: ['$status "$scheme://$host$request_uri"'], gives: '', unread: 'host' },
  { words: ['$status $scheme://$server_name:$server_port'], gives: 'server_name' },
  { words: ['$status $server_name $request_method $server_protocol'], gives: 'server_name request_method' },
  // lists without quotes
  { words: ['$status $upstream_addr $upstream_status $upstream_response_time'], gives: LISTS },
  { words: ['$status [$upstream_addr] [$upstream_status] [$upstream_response_time]'], gives: LISTS },
  { words: ['$status $upstream_addr $upstream_status $upstream_response_time $http_x_request_id'], gives: LISTS },
  { words: ['$status upstream: $upstream_addr status: $upstream_status'], gives: 'upstream_addr upstream_status' },
  { words: ['$upstream_status, $status'], gives: 'upstream_status' },
  // ingress-nginx of several ages
  {
    words: [
      `${COMBINED} $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status`,
    ],
    gives: `time_local request body_bytes_sent request_length request_time upstream_response_length ${LISTS}`,
  },
  {
    words: [
      `${COMBINED} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id`,
    ],
    gives: `time_local request body_bytes_sent request_length request_time request_id upstream_response_length ${LISTS}`,
  },
  {
    words: [
      '$the_real_ip - [$the_real_ip] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id',
    ],
    gives: `time_local request body_bytes_sent request_length request_time request_id upstream_response_length ${LISTS}`,
  },
  {
    words: [
      '$remote_addr($http_x_forwarded_for) - $remote_user [$time_local] "$host" "$request" $status $body_bytes_sent',
    ],
    gives: 'time_local host request body_bytes_sent',
  },
  // JSON
  { words: [JSON_ESCAPE, '{"status":$status,"time":$request_time,"agent":"$http_user_agent"}'], gives: 'request_time' },
  {
    words: [JSON_ESCAPE, '{ "status": "$status", "request_time": "$request_time", "upstream_addr": "$upstream_addr" }'],
    gives: 'request_time upstream_addr',
  },
  {
    words: [JSON_ESCAPE, "{'status': '$status', 'agent': '$http_user_agent', 'time': '$request_time'}"],
    gives: 'request_time',
  },
  {
    words: [
      JSON_ESCAPE,
      '{"agent":"$http_user_agent","status":$status,"upstream_status":"$upstream_status","upstream":"$upstream_addr"}',
    ],
    gives: 'upstream_status upstream_addr',
  },
  {
    words: [JSON_ESCAPE, '{"ts":"$time_iso8601","s":$status,"u":$upstream_response_time,"x":"$http_x"}'],
    gives: 'time_iso8601 upstream_response_time',
  },
  { words: [JSON_ESCAPE, '{"agent":$http_user_agent,"status":$status}'], gives: '' },
  {
    words: [JSON_ESCAPE, '{"request":"$request_method $host$request_uri","status":$status}'],
    gives: 'request_method',
    unread: 'host',
  },
  {
    words: [JSON_ESCAPE, '$remote_user [$time_local] "$request" $status "$http_user_agent"'],
    gives: 'time_local request',
  },
  { words: [JSON_ESCAPE, '{"message":"{\\"status\\":$status,\\"agent\\":\\"$http_user_agent\\"}"}'], gives: '' },
  { words: [JSON_ESCAPE, '$http_user_agent\t$status\t$request_time'], gives: 'request_time' },
  { words: ['{"agent":"$http_user_agent","status":$status,"time":$request_time}'], gives: 'request_time' },
  // not escaped
  { words: [NO_ESCAPE, '$status $request_time $http_user_agent'], gives: 'request_time' },
  { words: [NO_ESCAPE, '{"agent":"$http_user_agent","status":$status}'], gives: '' },
  { words: [NO_ESCAPE, '"$upstream_addr" "$upstream_status" $status'], gives: 'upstream_addr upstream_status' },
  {
    words: [NO_ESCAPE, '$time_iso8601 $server_name $status $request_time $request_method'],
    gives: 'time_iso8601 server_name request_time request_method',
  },
  {
    words: [NO_ESCAPE, '[$time_local] "$request" $status $request_length'],
    gives: 'time_local request request_length',
  },
  ...EXTENDED_FORMATS,
  // JSON in JSON, over several words, a list as an array
  {
    words: [
      JSON_ESCAPE,
      '{"upstream":{"addr":"$upstream_addr","times":["$upstream_connect_time","$upstream_response_time"],',
      '"status":"$upstream_status"},"client":{"ua":"$http_user_agent"},"status":"$status"}',
    ],
    gives: `upstream_connect_time ${LISTS}`,
  },
  { words: [JSON_ESCAPE, '{"upstream":[$upstream_status],"status":$status}'], gives: 'upstream_status' },
  {
    words: [JSON_ESCAPE, '{"a":"\\\\","status":$status,"b":"\\"$http_x\\"","time":$request_time}'],
    gives: 'request_time',
  },
  // odd ones
  { words: ['$status '], gives: '' },
  { words: [' $status'], gives: '' },
  { words: ['status=$status status2=$status'], gives: '' },
  { words: ['$http_x$status $status'], gives: '' },
  { words: ['""$status""$request_time""'], gives: 'request_time' },
  { words: ['naïve $status ✓ $request_time'], gives: 'request_time' },
  { words: ['$status \\ $request_time'], gives: 'request_time' },
  {
    words: ['$status $request_time $arg_a $cookie_b $sent_http_c $upstream_http_d $ssl_cipher $geoip_city_name $1'],
    gives: 'request_time',
  },
];
