/** Formats that need no configuration, as the words of their `log_format` directive. */
export const BUILTIN_FORMATS = {
  /** nginx's own, also of NGINX Gateway Fabric when its NginxProxy says nothing else (ngx_http_log_module.c). */
  combined: [
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
  ],
  /** Of the packages and images of nginx.org, and of F5's ingress controller (nginx/kubernetes-ingress version1/nginx.tmpl). */
  main: [
    '$remote_addr - $remote_user [$time_local] "$request" ',
    '$status $body_bytes_sent "$http_referer" ',
    '"$http_user_agent" "$http_x_forwarded_for"',
  ],
  /** kubernetes/ingress-nginx internal/ingress/controller/config/config.go, `log-format-upstream`. */
  ingress_nginx: [
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
      '$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr ' +
      '$upstream_response_length $upstream_response_time $upstream_status $req_id',
  ],
  /** What we ask for: all that is counted, none of the request. */
  badgateway: [
    '$msec $connection $status $request_time $request_method $request_length $bytes_sent "$upstream_addr" ',
    '"$upstream_status" "$upstream_connect_time" "$upstream_header_time" "$upstream_response_time" "$http_upgrade"',
  ],
  /** The same as JSON. */
  badgateway_json: [
    'escape=json',
    '{"time":$msec,"connection":$connection,"status":$status,"request_time":$request_time,"method":"$request_method",',
    '"request_length":$request_length,"bytes_sent":$bytes_sent,"host":"$host","upstream_addr":"$upstream_addr",',
    '"upstream_status":"$upstream_status","upstream_connect_time":"$upstream_connect_time",',
    '"upstream_header_time":"$upstream_header_time","upstream_response_time":"$upstream_response_time",',
    '"upgrade":"$http_upgrade","request_id":"$request_id"}',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type BuiltinFormat = keyof typeof BUILTIN_FORMATS;
