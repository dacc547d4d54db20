import type { Symptom } from '../../src/contract/names.ts';
import type { AttemptPhase } from '../../src/parse/nginx-phase.ts';

/** One form of error line and what it says: `level`, the message with its action, and the expected answer. */
export interface Row {
  readonly level: string;
  readonly text: string;
  readonly errno?: number;
  readonly phase?: AttemptPhase;
  readonly symptom?: Symptom;
  /** Absent: no failed attempt. A number or null: the status of one. */
  readonly status?: number | null;
  /** Where the line comes from when not from an HTTP request with an upstream field. */
  readonly fields?: 'stream' | 'udp' | 'noUpstream' | 'none';
}

type Options = Partial<Omit<Row, 'level' | 'text'>>;

export function row(level: string, text: string, options: Options = {}): Row {
  return { level, text, ...options };
}

export const CONNECT = ' while connecting to upstream';
export const TLS = ' while SSL handshaking to upstream';
export const SEND = ' while sending request to upstream';
export const HEADER = ' while reading response header from upstream';
export const BODY = ' while reading upstream';
export const UPGRADED = ' while proxying upgraded connection';
export const SESSION = ' while proxying and reading from upstream';

const TAIL = ', client: 192.168.1.7, server: shop.example.com, request: "GET /api HTTP/1.1"';
const UPSTREAM = ', upstream: "http://10.244.1.17:8080/api"';
const HOST = ', host: "shop.example.com", referrer: "https://shop.example.com/"';
const BYTES = ', bytes from/to client:0/0, bytes from/to upstream:0/0';

/** The whole line of a row as nginx writes it. */
export function lineOf({ level, text, fields }: Row): string {
  const head = `2026/11/21 03:03:03 [${level}] 31#32: `;
  switch (fields) {
    case 'none':
      return `${head}${text}`;
    case 'noUpstream':
      return `${head}*7 ${text}${TAIL}${HOST}`;
    case 'stream':
      return `${head}*7 ${text}, client: 192.168.1.7, server: 0.0.0.0:5432, upstream: "10.244.1.17:8080"${BYTES}`;
    case 'udp':
      return `${head}*7 ${text}, udp client: 192.168.1.7, server: 0.0.0.0:53, upstream: "10.244.1.17:8080"${BYTES}`;
    default:
      return `${head}*7 ${text}${TAIL}${UPSTREAM}${HOST}`;
  }
}
