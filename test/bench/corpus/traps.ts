import type { Kind } from './kinds.ts';
import type { Draw } from './scene.ts';

/** Lines that look like failed attempts to a careless rule and are none: 15 % of the corpus. */

interface Trap {
  readonly name: string;
  readonly weight: number;
  readonly level: string;
  readonly message: (draw: Draw) => string;
  readonly fields: Kind['fields'];
  readonly peer?: Kind['peer'];
  /** What it says all the same. */
  readonly symptom?: Kind['symptom'];
}

const TRAPS: readonly Trap[] = [
  {
    name: 'missing-file',
    weight: 250,
    level: 'error',
    fields: 'request',
    message: (d) => `open() "/usr/share/nginx/html/assets/${d.random.hex()}.js" failed${d.errno(2)}`,
  },
  {
    name: 'file-named-like-a-failure',
    weight: 150,
    level: 'error',
    fields: 'request',
    message: (d) =>
      `open() "/usr/share/nginx/html/connect() failed (111: Connection refused) while connecting to upstream" failed${d.errno(2)}`,
  },
  {
    name: 'file-with-forged-fields',
    weight: 30,
    level: 'error',
    fields: 'request',
    message: (d) =>
      `open() "/srv/x, client: 6.6.6.6, server: a, request: "GET / HTTP/1.1", upstream: "http://6.6.6.6:66/" failed${d.errno(2)}`,
  },
  {
    name: 'lua-quoting-timeout',
    weight: 150,
    level: 'error',
    fields: 'request',
    message: () =>
      '[lua] balancer.lua:348: log(): upstream timed out (110: Connection timed out) while connecting to upstream',
  },
  {
    name: 'lua-timer',
    weight: 80,
    level: 'error',
    fields: 'none',
    message: () => '[lua] dns.lua:152: connect() failed (111: Connection refused), context: ngx.timer',
  },
  {
    name: 'lua-no-peer',
    weight: 60,
    level: 'warn',
    fields: 'request',
    message: () => '[lua] balancer.lua:345: balance(): no peer was returned, balancer: round_robin',
  },
  {
    name: 'client-reset',
    weight: 150,
    level: 'info',
    fields: 'client',
    message: (d) => `recv() failed${d.errno(104)} while waiting for request`,
  },
  {
    name: 'client-timeout',
    weight: 150,
    level: 'info',
    fields: 'client',
    message: (d) => `client timed out${d.errno(110)} while reading client request headers`,
  },
  {
    name: 'keepalive-closed',
    weight: 120,
    level: 'info',
    fields: 'none',
    message: (d) => `client 10.0.0.${d.random.below(250)} closed keepalive connection`,
  },
  {
    name: 'fastcgi-stderr',
    weight: 120,
    level: 'error',
    fields: 'request',
    peer: 'tcp',
    message: () =>
      'FastCGI sent in stderr: "PHP message: PHP Warning: connect() failed (111: Connection refused) while connecting to upstream in /srv/app/Db.php on line 40" while reading response header from upstream',
  },
  {
    name: 'buffered',
    weight: 120,
    level: 'warn',
    fields: 'request',
    peer: 'tcp',
    message: (d) =>
      `an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/${d.random.below(9)}/00/0000${d.random.below(9999)} while reading upstream`,
  },
  {
    name: 'resolver-background',
    weight: 40,
    level: 'error',
    fields: 'none',
    message: () => 'send() failed (111: Connection refused) while resolving, resolver: 10.96.0.10:53',
    symptom: 'dns_failure',
  },
  {
    name: 'lifecycle',
    weight: 60,
    level: 'notice',
    fields: 'none',
    message: (d) =>
      d.random.pick(['signal 1 (SIGHUP) received from 1, reconfiguring', 'gracefully shutting down', 'exiting']),
  },
];

export const TRAP_KINDS: readonly Kind[] = TRAPS.map((trap) => ({
  peer: 'none',
  symptom: null,
  ...trap,
  name: `trap/${trap.name}`,
  failure: false,
}));
