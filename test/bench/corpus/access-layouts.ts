import type { AccessLogLine, Attempt } from './access-lines.ts';
import { Random } from './random.ts';

/** The same requests as they stand in different files. */

/** A file of lines; lines that a container runtime has wrapped, amid those of standard error; lines of JSON. */
export const ACCESS_LAYOUTS = ['plain', 'cri', 'json'] as const;
export type AccessLayout = (typeof ACCESS_LAYOUTS)[number];

/** `combined` and what was asked of the upstreams. */
export const ACCESS_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
  '$request_time "$upstream_status" "$upstream_addr" "$upstream_response_time"';
/** The words of a directive. */
const JSON_FORMAT = [
  'escape=json',
  '{"time":"$time_local","client":"$remote_addr","user":"$remote_user","request":"$request","status":$status,' +
    '"bytes":$body_bytes_sent,"referer":"$http_referer","agent":"$http_user_agent","request_time":$request_time,' +
    '"upstream_status":"$upstream_status","upstream_addr":"$upstream_addr",' +
    '"upstream_response_time":"$upstream_response_time"}',
];
export const ACCESS_FORMATS: Readonly<Record<AccessLayout, string | readonly string[]>> = {
  plain: ACCESS_FORMAT,
  cri: ACCESS_FORMAT,
  json: JSON_FORMAT,
};

const SPLIT_SHARE = 0.002;
const ERROR_SHARE = 0.01;
/** Of another stream, and made to look like a request of this one. */
const ERROR_LINE =
  '2026/11/20 14:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, request: "GET / HTTP/1.1" 200 5 "-" "-" 0.001 "502" "10.0.0.1:80" "0.001"';

const seconds = (ms: number) => (ms / 1000).toFixed(3);

/** As nginx writes what a client has sent (ngx_http_log_escape, ngx_escape_json). */
const escaped = (value: string) =>
  value === ''
    ? '-'
    : value.replaceAll(
        /["\\]|[^ -~]/g,
        (byte) => `\\x${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
const escapedJson = (value: string) => value.replaceAll(/["\\]/g, '\\$&');

function listOf(attempts: readonly Attempt[], item: (attempt: Attempt) => string, none: string): string {
  return attempts.length === 0 ? none : attempts.map(item).join(', ');
}

function listsOf({ attempts }: AccessLogLine, none: string): readonly [string, string, string] {
  return [
    listOf(attempts, ({ code }) => (code === 0 ? '-' : String(code)), none),
    listOf(attempts, ({ peer }) => peer, none),
    listOf(attempts, ({ ms }) => seconds(ms), none),
  ];
}

function textOf(line: AccessLogLine, stamp: string): string {
  const { client, user, request, referrer, agent, code, bytes, requestMs } = line;
  return (
    `${client} - ${escaped(user)} [${stamp}] "${request}" ${code} ${bytes} "${escaped(referrer)}" "${escaped(agent)}" ` +
    `${seconds(requestMs)} ${listsOf(line, '-')
      .map((list) => `"${list}"`)
      .join(' ')}`
  );
}

function jsonOf(line: AccessLogLine, stamp: string): string {
  const { client, user, request, referrer, agent, code, bytes, requestMs } = line;
  const [statuses, peers, times] = listsOf(line, '');
  return (
    `{"time":"${stamp}","client":"${client}","user":"${escapedJson(user)}","request":"${request}","status":${code},` +
    `"bytes":${bytes},"referer":"${escapedJson(referrer)}","agent":"${escapedJson(agent)}","request_time":${seconds(requestMs)},` +
    `"upstream_status":"${statuses}","upstream_addr":"${peers}","upstream_response_time":"${times}"}`
  );
}

/** Writes requests as lines, each with its newline. `stamp` is `$time_local`. */
export class AccessWriter {
  readonly #layout: AccessLayout;
  /** Its own: the requests are the same in all layouts. */
  readonly #random = new Random(7);

  constructor(layout: AccessLayout) {
    this.#layout = layout;
  }

  write(line: AccessLogLine, stamp: string, atMs: number): string {
    if (this.#layout === 'json') return `${jsonOf(line, stamp)}\n`;
    const text = textOf(line, stamp);
    return this.#layout === 'plain' ? `${text}\n` : this.#wrapped(text, atMs);
  }

  /** Now and then in two pieces, with a line of the other stream before the line, or between its pieces. */
  #wrapped(text: string, atMs: number): string {
    const time = `${new Date(atMs).toISOString().slice(0, -1)}${String(this.#random.below(1e6)).padStart(6, '0')}Z`;
    const error = this.#random.chance(ERROR_SHARE) ? `${time} stderr F ${ERROR_LINE}\n` : '';
    if (!this.#random.chance(SPLIT_SHARE)) return `${error}${time} stdout F ${text}\n`;
    const at = 1 + this.#random.below(text.length - 1);
    return `${time} stdout P ${text.slice(0, at)}\n${error}${time} stdout F ${text.slice(at)}\n`;
  }
}
