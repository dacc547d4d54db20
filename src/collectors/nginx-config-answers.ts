import type { ConfLog } from '../parse/nginx-conf-settings.ts';
import { type ConfContext, modulesOf, type NginxConf, walkConf } from '../parse/nginx-conf-tree.ts';

/** What a refused request is answered where nobody says (ngx_http_limit_req_module.c, ngx_http_limit_conn_module.c). */
const DEFAULT_STATUS = 503;
const LIMITERS = ['limit_req', 'limit_conn'] as const;
/** At these nothing is said of an attempt that failed. */
const TOO_HIGH: ReadonlySet<string> = new Set(['crit', 'alert', 'emerg']);

/** Statuses of requests that `limit_req` and `limit_conn` refuse, in ascending order. */
export function refusalStatuses(conf: NginxConf, context: ConfContext): readonly number[] {
  const found = new Set<number>();
  for (const { module, directives } of modulesOf(conf, context)) {
    if (module !== 'http') continue;
    const all = [...walkConf(directives)];
    for (const limiter of LIMITERS) {
      if (!all.some(({ directive }) => directive.name === limiter)) continue;
      const told = all.filter(({ directive }) => directive.name === `${limiter}_status`);
      for (const { directive } of told) found.add(Number(directive.args[0]));
      if (!told.some(({ parents }) => parents.length === 0)) found.add(DEFAULT_STATUS);
    }
  }
  return [...found].filter((status) => Number.isInteger(status)).sort((one, other) => one - other);
}

/** Whether some place of `http` has subrequests in its access log. */
export function logsSubrequests(conf: NginxConf, context: ConfContext): boolean {
  const all = modulesOf(conf, context).flatMap(({ directives }) => [...walkConf(directives)]);
  return all.some(({ directive: { name, args } }) => name === 'log_subrequest' && args[0]?.toLowerCase() === 'on');
}

/** Whether each error log of `http` has the word of every attempt that fails: no place has one of its own, or one of a higher level. */
export function isErrorLogWhole(errorLogs: readonly ConfLog[]): boolean {
  const ofHttp = errorLogs.filter(({ module }) => module === 'http');
  const own = ofHttp.filter(({ isOutermost }) => isOutermost);
  const outermost = own.length > 0 ? own : errorLogs.filter(({ module }) => module === 'main');
  const targets = new Set(outermost.map(({ target }) => target));
  const isTold = ({ target, detail }: ConfLog) => target !== '/dev/null' && !TOO_HIGH.has(detail);
  return (
    outermost.every(isTold) && ofHttp.every((log) => isTold(log) && (own.includes(log) || targets.has(log.target)))
  );
}
