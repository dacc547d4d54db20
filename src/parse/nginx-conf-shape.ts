import type { Directive } from './nginx-conf-tree.ts';

/** Blocks whose lines a handler of their own reads (`cf->handler` in nginx; geoip2 is ngx_http_geoip2_module). */
const DATA = new Set(['map', 'geo', 'types', 'split_clients', 'charset_map', 'geoip2']);
const BLOCKS = new Set([...DATA, 'events', 'http', 'stream', 'mail', 'upstream', 'location', 'if', 'limit_except']);
const SIMPLE = new Set([
  ...[
    'include',
    'listen',
    'error_log',
    'access_log',
    'log_format',
    'keepalive',
    'zone',
    'ip_hash',
    'least_conn',
    'random',
  ],
  ...['worker_processes', 'worker_connections', 'worker_rlimit_nofile', 'proxy_pass', 'grpc_pass', 'fastcgi_pass'],
  ...['uwsgi_pass', 'scgi_pass', 'memcached_pass', 'set', 'return', 'rewrite', 'server_name'],
]);

export function isData(name: string): boolean {
  return DATA.has(name);
}

/** Its braces hold Lua: lua-nginx-module and stream-lua-nginx-module name all such directives so. */
export function isLua(name: string): boolean {
  return name.endsWith('_by_lua_block');
}

/** `server` is a line inside `upstream` and a block elsewhere. */
function isBlock(name: string, parent: string): boolean {
  return name === 'server' ? parent !== 'upstream' : BLOCKS.has(name);
}

/**
 * What nginx says of a directive that has braces and should not, or the other way round, or null. Only for the directives
 * that are read here: a name nobody knows may belong to a module.
 */
export function shapeProblem({ name, kind }: Pick<Directive, 'name' | 'kind'>, parent: string): string | null {
  if (kind === 'simple' && isBlock(name, parent)) return `directive "${name}" has no opening "{"`;
  const isSimple = SIMPLE.has(name) || (name === 'server' && parent === 'upstream');
  return kind !== 'simple' && isSimple ? `directive "${name}" is not terminated by ";"` : null;
}
