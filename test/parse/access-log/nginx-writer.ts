import type { LogFormat } from '../../../src/parse/access-log/log-format.ts';

/** What a variable holds; null: nginx has not found it. */
export type Values = Readonly<Record<string, Buffer | string | null>>;

/** Variables that the log module writes itself, never escaped (ngx_http_log_module.c, ngx_http_log_vars). */
const OWN = new Set(
  'pipe time_local time_iso8601 msec request_time status bytes_sent body_bytes_sent request_length'.split(' '),
);
const SHORT: Readonly<Record<number, string>> = { 10: 'n', 13: 'r', 9: 't', 8: 'b', 12: 'f' };
const [QUOTE, BACKSLASH] = [34, 92];

/** One line as nginx writes it, without the newline (ngx_http_log_escape, ngx_escape_json). */
export function writeLine({ escaping, tokens }: LogFormat, values: Values): Buffer {
  return Buffer.concat(
    tokens.map((token) => {
      if (token.kind === 'literal') return Buffer.from(token.text);
      const value = values[token.name] ?? null;
      if (value === null) return Buffer.from(escaping === 'default' ? '-' : '');
      const bytes = Buffer.from(value as string);
      if (escaping === 'none' || OWN.has(token.name)) return bytes;
      return Buffer.from([...bytes].flatMap((byte) => [...(escaping === 'json' ? jsonOf(byte) : hexOf(byte))]));
    }),
  );
}

function hexOf(byte: number): Buffer {
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH;
  return isPlain ? Buffer.of(byte) : Buffer.from(`\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`);
}

function jsonOf(byte: number): Buffer {
  if (byte === QUOTE || byte === BACKSLASH) return Buffer.of(BACKSLASH, byte);
  if (byte > 0x1f) return Buffer.of(byte);
  return Buffer.from(SHORT[byte] ? `\\${SHORT[byte]}` : `\\u00${byte.toString(16).toUpperCase().padStart(2, '0')}`);
}

export interface WrittenAttempt {
  /** '' when nginx failed before it had an address. */
  readonly address: string;
  /** 0: `-`. */
  readonly status: number;
  /** Milliseconds; -1: `-`. */
  readonly connect: number;
  readonly header: number;
  readonly response: number;
  /** The first one after an internal redirect. */
  readonly redirected: boolean;
}

const seconds = (ms: number) => (ms < 0 ? '-' : `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`);

/** The `$upstream_…` lists. `isOpen`: an internal redirect followed whose upstream could not be tried. None when there was no attempt. */
export function listsOf(attempts: readonly WrittenAttempt[], isOpen = false): Values {
  const list = (item: (attempt: WrittenAttempt) => string) =>
    attempts.length === 0
      ? null
      : attempts.map((attempt, i) => (i === 0 ? '' : attempt.redirected ? ' : ' : ', ') + item(attempt)).join('') +
        (isOpen ? ' : ' : '');
  return {
    upstream_addr: list(({ address }) => address),
    upstream_status: list(({ status }) => (status === 0 ? '-' : String(status))),
    upstream_connect_time: list(({ connect }) => seconds(connect)),
    upstream_header_time: list(({ header }) => seconds(header)),
    upstream_response_time: list(({ response }) => seconds(response)),
    upstream_response_length: list(({ response }) => String(Math.max(0, response))),
    upstream_bytes_received: list(({ response }) => String(Math.max(0, response))),
  };
}

export { seconds };
