import type { Symptom } from '../../contract/names.ts';
import { flagsOfReset, isConnectTimeout, isHalfClose, resetReasonIn } from './reset-reason.ts';
import { FLAG } from './response-flags.ts';
import { readTransportReason } from './transport-reason.ts';

/** What Envoy's own words in a response body, in an application's log or in its own log say. */
export interface EnvoyReply {
  readonly symptom: Symptom;
  readonly failure: boolean;
  readonly errno: number | null;
  /** As written, without what follows; null when none is named. */
  readonly resetReason: string | null;
  readonly transportReason: string | null;
  /** Envoy had tried again: there were more failed attempts than this one. */
  readonly isRetried: boolean;
  /** Position of the words in the text. */
  readonly at: number;
}

/** Since 1.12 with a reset reason, since 1.16 with the transport's. 1.31 and later put more behind a `|`. */
const CONNECT_OR_RESET =
  /upstream connect error or disconnect\/reset before headers(?:\. (retried and the latest )?reset reason: ([A-Za-z0-9/ _-]+)(?:, transport failure reason: ([^"\n\r<>]*))?)?/i;
const PLAIN: readonly (readonly [pattern: RegExp, symptom: Symptom, failure: boolean])[] = [
  [/\bno cluster match for URL\b|\bunknown cluster '[^']{0,500}'|\bcluster_not_found\b/i, 'no_cluster', true],
  [/\bno healthy upstream\b/, 'no_healthy_upstream', true],
  [/\bno healthy host for (?:HTTP|TCP) connection pool\b/, 'no_healthy_upstream', true],
  [/\bupstream request timeout\b/, 'response_timeout', true],
  [/\benvoy overloaded\b|\b(?:unconditional )?drop overload\b/, 'overload', true],
  [/\bRBAC: access denied\b/, 'rbac_denied', false],
  [/\blocal_rate_limited\b/, 'rate_limited', false],
  [/\bno route match for URL\b/, 'route_not_found', false],
  [/\bmaintenance mode\b/, 'other', true],
];
const SYMPTOMS_OF_FLAGS: ReadonlyMap<number, Symptom> = new Map<number, Symptom>([
  [FLAG.UC, 'premature_close'],
  [FLAG.UR, 'reset'],
  [FLAG.LR, 'local_reset'],
  [FLAG.UO, 'circuit_open'],
  [FLAG.UPE, 'protocol_error'],
  [FLAG.OM, 'overload'],
]);
/** Bare words of a transport failure, as sidecars and clients repeat them. */
const BARE = /(?:delayed|immediate) connect error: [^"\n\r<>]+|TLS[ _]error:[^"\n\r<>]+/;
const LONGEST_TEXT = 16_384;

/** Null when Envoy's words are not in the text. Of several the most telling counts. */
export function readReplyText(text: string): EnvoyReply | null {
  const looked = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  const reset = CONNECT_OR_RESET.exec(looked);
  if (reset !== null) return readReset(reset);
  for (const [pattern, symptom, failure] of PLAIN) {
    const found = pattern.exec(looked);
    if (found !== null) return replyOf(symptom, failure, found.index);
  }
  const bare = BARE.exec(looked);
  if (bare === null) return null;
  const reason = trimmed(bare[0]);
  return { ...replyOf('other', true, bare.index), ...readTransportReason(reason), transportReason: reason };
}

/** A whole response body: its words must stand at its start. */
export function readReplyBody(body: string): EnvoyReply | null {
  const reply = readReplyText(body);
  return reply !== null && reply.at === 0 ? reply : null;
}

function readReset(found: RegExpExecArray): EnvoyReply {
  const [, retried, reason, transport] = found;
  const reply = replyOf('other', true, found.index);
  if (reason === undefined) return reply;
  const resetReason = resetReasonIn(trimmed(reason));
  const transportReason = transport === undefined ? null : trimmed(transport);
  return {
    ...reply,
    ...judgeReset(resetReason, transportReason),
    isRetried: retried !== undefined,
    resetReason,
    transportReason,
  };
}

function judgeReset(reset: string, transport: string | null): Pick<EnvoyReply, 'symptom' | 'errno'> {
  const flag = flagsOfReset(reset);
  if (isHalfClose(reset)) return { symptom: 'premature_close', errno: null };
  if (flag !== FLAG.UF) return { symptom: SYMPTOMS_OF_FLAGS.get(flag) ?? 'other', errno: null };
  if (isConnectTimeout(reset)) return { symptom: 'connect_timeout', errno: null };
  return transport === null ? { symptom: 'other', errno: null } : readTransportReason(transport);
}

function replyOf(symptom: Symptom, failure: boolean, at: number): EnvoyReply {
  return { symptom, failure, errno: null, resetReason: null, transportReason: null, isRetried: false, at };
}

function trimmed(text: string): string {
  return text.replace(/[\s\\.,;]+$/, '');
}
