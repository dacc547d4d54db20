import { isPass } from './nginx-conf-pass.ts';
import type { ConfPlace } from './nginx-conf-problem.ts';
import { type ConfContext, type ConfModule, type Directive, modulesOf, type NginxConf } from './nginx-conf-tree.ts';
import { parseBytes, parseMilliseconds } from './nginx-conf-units.ts';

/** What holds for the requests of one `proxy_pass` or its like. Null: not known, it may stand in a part that is not visible. */
export interface PassLimits extends ConfPlace {
  /** For a connection, in milliseconds. */
  readonly connectMs: number | null;
  /** Between two parts of the request, or of the answer, whichever is longer; in milliseconds. */
  readonly answerMs: number | null;
  readonly header: HeaderBuffer | null;
}

/** The buffer that the header of an answer must fit in. */
export interface HeaderBuffer {
  /** `proxy_buffer_size` and its like. */
  readonly directive: string;
  /** Null: not set, one page of memory (4k or 8k). */
  readonly bytes: number | null;
  /** `file:line`; '' when it is not set. */
  readonly place: string;
}

/** Of `proxy_connect_timeout` and its like, `proxy_read_timeout`, `proxy_send_timeout` (ngx_http_proxy_merge_loc_conf). */
const DEFAULT_MS = 60_000;
/** Of `proxy_timeout` in stream (ngx_stream_proxy_merge_srv_conf). */
const STREAM_TIMEOUT_MS = 600_000;
/** The names without the protocol before them. */
const SETTINGS = new Set(['connect_timeout', 'read_timeout', 'send_timeout', 'buffer_size', 'timeout']);

/** What is set here or around here, by the whole name of the directive. */
type Settings = ReadonlyMap<string, Directive>;

/** The limits of every pass, in the order of the configuration. What a block does not set it has from those around it. */
export function readPassLimits(conf: NginxConf, context: ConfContext = 'main'): PassLimits[] {
  const found: PassLimits[] = [];
  for (const { module, directives } of modulesOf(conf, context)) {
    if (module === 'mail') continue;
    const isWhole = context === 'main';
    readBlock(directives, new Map(), (directive, settings) => {
      if (isPass(directive.name, module)) found.push(limitsOf(directive, settings, { module, isWhole }));
    });
  }
  return found;
}

function readBlock(
  body: readonly Directive[],
  around: Settings,
  take: (directive: Directive, settings: Settings) => void,
): void {
  let settings = around;
  for (const directive of body) {
    if (directive.kind !== 'simple' || !isSetting(directive.name)) continue;
    if (settings === around) settings = new Map(around);
    (settings as Map<string, Directive>).set(directive.name, directive);
  }
  for (const directive of body) {
    if (directive.kind === 'simple') take(directive, settings);
    else if (directive.kind === 'block' && directive.name !== 'upstream') readBlock(directive.body, settings, take);
  }
}

function isSetting(name: string): boolean {
  const underscore = name.indexOf('_');
  return underscore > 0 && SETTINGS.has(name.slice(underscore + 1));
}

function limitsOf(
  { name, file, line }: Directive,
  settings: Settings,
  { module, isWhole }: { readonly module: ConfModule['module']; readonly isWhole: boolean },
): PassLimits {
  const protocol = name.slice(0, name.indexOf('_'));
  const time = (what: string, usual: number): number | null => {
    const directive = settings.get(`${protocol}_${what}`);
    if (directive === undefined) return isWhole ? usual : null;
    return parseMilliseconds(directive.args[0] ?? '');
  };
  const connectMs = time('connect_timeout', DEFAULT_MS);
  if (module === 'stream') return { connectMs, answerMs: time('timeout', STREAM_TIMEOUT_MS), header: null, file, line };
  const [readMs, sendMs] = [time('read_timeout', DEFAULT_MS), time('send_timeout', DEFAULT_MS)];
  const answerMs = readMs === null || sendMs === null ? null : Math.max(readMs, sendMs);
  return { connectMs, answerMs, header: headerOf(`${protocol}_buffer_size`, settings, isWhole), file, line };
}

function headerOf(name: string, settings: Settings, isWhole: boolean): HeaderBuffer | null {
  const directive = settings.get(name);
  if (directive === undefined) return isWhole ? { directive: name, bytes: null, place: '' } : null;
  const bytes = parseBytes(directive.args[0] ?? '');
  return bytes === null ? null : { directive: name, bytes, place: `${directive.file}:${directive.line}` };
}
