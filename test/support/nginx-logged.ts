import { BUILTIN_FORMATS } from '../../src/parse/access-log/builtin-formats.ts';

export const FORMAT = BUILTIN_FORMATS.badgateway.map((word) => `'${word}'`).join(' ');

/** An nginx that logs all requests as badgateway wants them, before a backend of its own and upstreams at these ports. */
export function loggedHttp(port: Readonly<Record<string, number>>): string {
  const at = (name: string) => `127.0.0.1:${port[name]}`;
  return `
  log_format full ${FORMAT};
  log_format unread '$status $http_a$http_b';
  upstream backend { server ${at('backend')}; keepalive 16; }
  upstream mixed { server ${at('refused')} max_fails=0; server ${at('refused2')} max_fails=0; server ${at('ok')} backup; }
  server {
    listen ${at('backend')};
    location /missing { return 404; }
    location /moved { return 302 /ok; }
    location /app { return 503; }
    location / { return 200 "hello"; }
  }
  server {
    listen ${at('listen')};
    access_log $DIR/access.log full;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_read_timeout 300ms;
    resolver ${at('dns')} valid=1s ipv6=off;
    large_client_header_buffers 4 16k;
    location / { proxy_pass http://backend; }
    location /retried { proxy_pass http://mixed; }
    location /dead { proxy_pass http://${at('refused3')}; }
    location /cut { proxy_pass http://${at('close')}; }
    location /slow { proxy_pass http://${at('silent')}; }
    location /no-name { set $name gone.example; proxy_pass http://$name; }
    location /closed { return 503; }
  }`;
}
