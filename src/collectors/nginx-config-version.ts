import { type ConfContext, type Directive, modulesOf, type NginxConf, walkConf } from '../parse/nginx-conf-tree.ts';
import { get, HttpGetError } from '../sources/http-get.ts';
import type { HostFiles } from '../sources/nginx-discovery-files.ts';

/** A server of the configuration that answers with the version of the configuration that runs. */
export interface VersionSocket {
  /** Path of the unix socket, as the proxy sees it. */
  readonly socketPath: string;
  readonly path: string;
  /** What the configuration on disk says the answer is. */
  readonly version: string;
}

/** NGINX Gateway Fabric 1.x and the F5 NGINX Ingress Controller. */
const SOCKET = /^unix:(\/[^:]*\/nginx-config-version\.sock)$/;
const PATHS = new Set(['/version', '/configVersion']);
/** Variable of the F5 controller's map of the version that a request expects. */
const EXPECTED = '$http_x_expected_config_version';
const VERSION = /^\d{1,20}$/;
const TIMEOUT_MS = 1_000;
const MAX_BYTES = 64;

/** Read from the configuration itself, which both products write anew with every version. */
export function findVersionSocket(conf: NginxConf, context: ConfContext): VersionSocket | null {
  for (const { module, directives } of modulesOf(conf, context)) {
    if (module !== 'http') continue;
    for (const directive of directives) {
      const socket = versionSocketOf(directive);
      if (socket !== null) return socket;
    }
  }
  return null;
}

/** The configuration without its version, which is another in every one and decides nothing. */
export function withoutVersion(conf: NginxConf, context: ConfContext): NginxConf {
  const isKept = (directive: Directive) =>
    versionSocketOf(directive) === null && !(directive.name === 'map' && directive.args[0] === EXPECTED);
  if (context === 'http') return { ...conf, directives: conf.directives.filter(isKept) };
  const directives = conf.directives.map((directive) =>
    directive.name === 'http' ? { ...directive, body: directive.body.filter(isKept) } : directive,
  );
  return { ...conf, directives };
}

function versionSocketOf({ name, kind, body }: Directive): VersionSocket | null {
  if (name !== 'server' || kind !== 'block') return null;
  const listen = body.find((directive) => directive.name === 'listen' && SOCKET.test(directive.args[0] ?? ''));
  if (listen === undefined) return null;
  for (const { directive, parents } of walkConf(body)) {
    const [path, version] = [parents[0]?.args.at(-1) ?? '', directive.args[1] ?? ''];
    if (directive.name === 'return' && directive.args[0] === '200' && PATHS.has(path) && VERSION.test(version))
      return { socketPath: SOCKET.exec(listen.args[0])![1], path, version };
  }
  return null;
}

/** The version that answers; null when nothing usable does. */
export async function readRunningVersion(
  { socketPath, path }: VersionSocket,
  host: HostFiles,
  signal: AbortSignal,
): Promise<string | null> {
  const chunks: Buffer[] = [];
  try {
    const base = { socketPath: host.resolve(socketPath) };
    if (host.kindOf(socketPath) === 'missing') return null;
    await get({ base, path, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal }, (chunk) => chunks.push(chunk));
  } catch (error) {
    if (error instanceof HttpGetError) return null;
    throw error;
  }
  const answer = Buffer.concat(chunks).toString('latin1').trim();
  return VERSION.test(answer) ? answer : null;
}
