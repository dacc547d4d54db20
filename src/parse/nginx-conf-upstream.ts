import { type ConfPlace, type ConfProblem, quoted } from './nginx-conf-problem.ts';
import { type Complain, readUpstreamServer, type UpstreamServer } from './nginx-conf-server.ts';
import { type ConfModule, type Directive, detached } from './nginx-conf-tree.ts';
import { parseBytes, parseCount } from './nginx-conf-units.ts';

export interface Upstream extends ConfPlace {
  /** Name of the block; `implicit:HOST:PORT` or `implicit:unix:PATH` for what a `proxy_pass` names itself. */
  readonly name: string;
  readonly module: ConfModule['module'];
  readonly isImplicit: boolean;
  /** In the order of the file, which the balancing method may go by. */
  readonly servers: readonly UpstreamServer[];
  /** Words of the load-balancing directive, `round_robin` without one, `lua` when Lua picks the peer. */
  readonly method: string;
  readonly zone: UpstreamZone | null;
  /** Idle connections that each worker keeps, or null. */
  readonly keepalive: number | null;
  /** NGINX Plus: file that has the servers, or null. */
  readonly stateFile: string | null;
  /** Addresses of `resolver` inside the block, with its parameters. */
  readonly resolver: readonly string[];
  /** Every `proxy_pass` and its like that names it. */
  readonly references: readonly ConfPlace[];
}

export interface UpstreamZone {
  readonly name: string;
  /** Null: another upstream with the zone says it. */
  readonly bytes: number | null;
}

/** Methods that a `server … backup` behind them does not go with (uscf->flags without NGX_HTTP_UPSTREAM_BACKUP). */
const WITHOUT_BACKUP = new Set(['ip_hash', 'hash', 'random']);
const METHODS = new Set([...WITHOUT_BACKUP, 'least_conn', 'least_time', 'fair']);

type Report = (problem: ConfProblem) => void;

/** Reads one `upstream` block; a block without a name is null. */
export function readUpstreamBlock(block: Directive, module: 'http' | 'stream', report: Report): Upstream | null {
  const { args, body, file, line } = block;
  if (args.length !== 1) {
    report({ kind: 'invalid_parameter', message: 'invalid number of arguments in "upstream" directive', file, line });
    return null;
  }
  const servers: UpstreamServer[] = [];
  const settings = new Map<string, Directive>();
  let method = 'round_robin';
  let hasBackup = true;
  for (const directive of body) {
    const { name } = directive;
    if (name === 'server') {
      const complain: Complain = (kind, message) =>
        report({ kind, message, file: directive.file, line: directive.line });
      const server = readUpstreamServer(directive, module, complain);
      if (server !== null) servers.push(server);
      if (server?.parameters.backup && !hasBackup)
        complain('invalid_parameter', 'balancing method does not support parameter "backup"');
    } else if (METHODS.has(name)) {
      method = [name, ...directive.args].join(' ');
      hasBackup &&= !WITHOUT_BACKUP.has(name);
    } else if (name === 'balancer_by_lua_block' || name === 'balancer_by_lua_file') method = 'lua';
    else settings.set(name, directive);
  }
  const stateFile = settings.get('state')?.args[0] ?? null;
  const problem = serversProblem(args[0], body, servers, stateFile);
  if (problem !== null) report({ kind: 'invalid_directive', message: problem, file, line });
  return {
    ...{ name: detached(args[0]), module, isImplicit: false, servers, method, stateFile, file, line, references: [] },
    zone: zoneOf(settings.get('zone')),
    keepalive: parseCount(settings.get('keepalive')?.args[0] ?? ''),
    resolver: settings.get('resolver')?.args ?? [],
  };
}

function serversProblem(
  name: string,
  body: readonly Directive[],
  servers: readonly UpstreamServer[],
  stateFile: string | null,
): string | null {
  if (stateFile !== null) return null;
  if (!body.some((directive) => directive.name === 'server')) return 'no servers are inside upstream';
  return servers.length > 0 && servers.every(({ parameters }) => parameters.backup)
    ? `no servers in upstream ${quoted(name)}`
    : null;
}

function zoneOf(directive: Directive | undefined): UpstreamZone | null {
  const [name, size] = directive?.args ?? [];
  return name === undefined ? null : { name, bytes: size === undefined ? null : parseBytes(size) };
}
