import type { GatewaySettings, ListenInUse } from '../contract/gateway-settings.ts';
import type { Subject } from '../contract/metrics.ts';
import { readSettings } from '../parse/nginx-conf-settings.ts';
import { type ConfContext, modulesOf, type NginxConf } from '../parse/nginx-conf-tree.ts';
import type { Upstream } from '../parse/nginx-conf-upstream.ts';
import { readSocketUser } from '../sources/process-user.ts';
import type { Procfs } from '../sources/procfs.ts';
import { isErrorLogWhole, logsSubrequests, refusalStatuses } from './nginx-config-answers.ts';
import { limitsInUse } from './nginx-config-limits.ts';

/** What a configuration says of sockets, workers and requests. */
export interface RuntimeSettings {
  /** Without UDP. None when only a part of the configuration is visible and it names no TCP port. */
  readonly listens: readonly ListenInUse[];
  /** `file:line` of the first `server` of `http` that says nothing of where it listens; null: none. */
  readonly silentServer: string | null;
  readonly workerConnections: number | null;
  readonly limits: NonNullable<GatewaySettings['limits']>;
  /** Null: the rest of the configuration is not visible. */
  readonly answers: Required<Pick<GatewaySettings, 'refusalStatuses' | 'logsSubrequests' | 'isErrorLogWhole'>> | null;
}

/** Where such a server listens (ngx_http_core_server in src/http/ngx_http_core_module.c). */
const ROOT_PORT = 80;
const USER_PORT = 8000;

export function runtimeSettings(
  conf: NginxConf,
  context: ConfContext,
  upstreams: readonly Upstream[] = [],
): RuntimeSettings {
  const { listens, workerConnections, errorLogs } = readSettings(conf, context);
  const streams = listens.filter(({ isUdp, parameters }) => !isUdp && !parameters.includes('quic'));
  const inUse = streams.map(({ host, port, lastPort, backlog, file, line }): ListenInUse => {
    const kind = port === null ? 'unix' : 'tcp';
    return { kind, host, port, lastPort, backlog, place: `${file}:${line}` };
  });
  // The TCP ports may be in the part that is not visible.
  const isTold = context === 'main' || inUse.some(({ kind }) => kind === 'tcp');
  return {
    listens: isTold ? inUse : [],
    silentServer: findSilentServer(conf, context),
    workerConnections: workerConnections?.value ?? null,
    limits: limitsInUse(conf, context, upstreams),
    answers:
      context === 'main'
        ? {
            refusalStatuses: refusalStatuses(conf, context),
            logsSubrequests: logsSubrequests(conf, context),
            isErrorLogWhole: isErrorLogWhole(errorLogs),
          }
        : null,
  };
}

/** The settings as the process has them: a server that says nothing listens where the master's user lets it. */
export function settingsInUse(
  { listens, silentServer, workerConnections, limits, answers }: RuntimeSettings,
  subject: Subject,
  { proc, master }: { readonly proc: Procfs; readonly master: GatewaySettings['master'] },
): GatewaySettings {
  const user = silentServer === null || master === null ? undefined : readSocketUser(proc, master.pid);
  const settings = { subject, master, listens, workerConnections, limits, ...answers };
  if (silentServer === null || user === undefined) return settings;
  const port = user === 0 ? ROOT_PORT : USER_PORT;
  const silent: ListenInUse = {
    ...{ kind: 'tcp', host: '0.0.0.0', port, lastPort: null },
    ...{ backlog: null, place: silentServer },
  };
  return { ...settings, listens: [...listens, silent] };
}

function findSilentServer(conf: NginxConf, context: ConfContext): string | null {
  for (const { module, directives } of modulesOf(conf, context)) {
    if (module !== 'http') continue;
    for (const { name, kind, body, file, line } of directives) {
      const isServer = name === 'server' && kind === 'block';
      if (isServer && !body.some((directive) => directive.name === 'listen')) return `${file}:${line}`;
    }
  }
  return null;
}
