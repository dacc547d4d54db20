import { FAILURE_DETAILS, type FailureDetail, type PeerAddress } from '../contract/failure.ts';
import { SYMPTOMS, type Symptom } from '../contract/names.ts';
import { type Fields, readFields } from './nginx-fields.ts';
import { type AttemptPhase, attemptPhase, isUpstreamPhase, messageEnd, PHASE, phaseAt } from './nginx-phase.ts';
import { LEVELS, type Level } from './nginx-prefix.ts';
import { clientStatus } from './nginx-status.ts';
import { UsualErrorLine } from './nginx-usual.ts';
import { parsePeer } from './peer.ts';

/** One nginx error line as strings. What the line does not say is null. */
export interface NginxRecord extends Fields {
  /** As written: local time of nginx without a zone. */
  readonly time: string;
  readonly level: Level;
  readonly pid: number;
  readonly tid: number;
  readonly connection: number | null;
  /** Without errno and action; bounded by the line. May hold what a client or a program wrote. */
  readonly message: string;
  /** The system's error number; resolver and certificate codes are none. */
  readonly errno: number | null;
  readonly phase: AttemptPhase | null;
  readonly symptom: Symptom | null;
  /** What it proves beyond the symptom of a failed attempt. */
  readonly detail: FailureDetail | null;
  /** The peer of the attempt. Scheme '' in the stream module; port null for a unix path and for a block name. */
  readonly upstream: PeerAddress | null;
  /** The line is *the* record of a failed proxied attempt. */
  readonly upstreamFailure: boolean;
  /** What the client gets when that attempt was the last one; null when headers were sent before, or unknown. */
  readonly status: number | null;
}

const HEAD = /^(.{19}) \[\w+\] (\d{1,10})#(\d{1,10}): ?(?:\*(\d{1,20}) )?/;
/** nginx writes the number last in the message. */
const ERRNO = / \((\d{1,5}): [^()]*\)$/;
/** Their parentheses hold codes of resolvers and certificates, or somebody else's text. */
const NO_ERRNO =
  /^(?:\S+ could not be resolved |upstream SSL certificate |client SSL certificate |(?:stream )?\[lua\] |FastCGI sent )/;
/** Other messages that quote something may quote a client, phase and upstream included. */
const QUOTES_NO_CLIENT = /^(?:upstream |FastCGI sent |(?:stream )?\[lua\] )/;
const WHILE = ' while ';

/** Made for the first line: it compiles WebAssembly, 4 MB that nobody needs where nothing fails. */
let classifier: UsualErrorLine;

/**
 * Reads one line without its wrapping (LineUnwrapper), or null: not an nginx error line. The judgement is the hot path's
 * own; phase, errno and upstream are also read on lines that are no failures.
 */
export function readRecord(line: Buffer | string): NginxRecord | null {
  const buffer = typeof line === 'string' ? Buffer.from(line) : line;
  classifier ??= new UsualErrorLine();
  if (!classifier.read(buffer, 0, buffer.length)) return null;
  const head = HEAD.exec(buffer.toString('latin1', 0, classifier.messageStart));
  if (head === null) return null;
  const end = messageEnd(buffer, Math.max(classifier.messageStart, classifier.fieldsAt), buffer.length);
  const { message, errno, actionText } = splitMessage(buffer.toString('utf8', classifier.messageStart, end));
  const phase = isForgeable(message) ? PHASE.none : phaseOf(actionText);
  const upstream = upstreamOf(buffer, end, phase);
  const fields = readFields(buffer, end);
  const failure = classifier.failure;
  return {
    time: head[1],
    level: LEVELS[classifier.level],
    pid: Number(head[2]),
    tid: Number(head[3]),
    connection: head[4] === undefined ? null : Number(head[4]),
    message,
    errno,
    phase: attemptPhase(phase),
    symptom: classifier.symptom < 0 ? null : SYMPTOMS[classifier.symptom],
    detail: classifier.detail === 0 ? null : FAILURE_DETAILS[classifier.detail - 1],
    upstream,
    ...fields,
    upstreamFailure: failure,
    status: failure ? clientStatus({ message, phase, isStream: isStream(fields, upstream), fields }) : null,
  };
}

interface Message {
  readonly message: string;
  readonly errno: number | null;
  readonly actionText: string | null;
}

/** `MESSAGE (N: text) while ACTION`: the last ` while ` behind all quotes. */
function splitMessage(text: string): Message {
  const last = text.lastIndexOf(WHILE);
  const at = last >= 0 && text.includes('"', last) ? -1 : last;
  const before = at < 0 ? text : text.slice(0, at);
  const found = NO_ERRNO.test(before) ? null : ERRNO.exec(before);
  return {
    message: found ? before.slice(0, found.index) : before,
    errno: found ? Number(found[1]) : null,
    actionText: at < 0 ? null : text.slice(at),
  };
}

function isForgeable(message: string): boolean {
  return classifier.symptom < 0 && message.includes('"') && !QUOTES_NO_CLIENT.test(message);
}

function phaseOf(actionText: string | null): number {
  if (classifier.phase !== PHASE.none) return classifier.phase;
  return actionText === null ? PHASE.none : phaseAt(Buffer.from(actionText), 0);
}

function upstreamOf(buffer: Buffer, from: number, phase: number): PeerAddress | null {
  const field = classifier.upstream;
  const isThere = classifier.failure
    ? classifier.hasUpstream
    : isUpstreamPhase(phase) && field.read(buffer, from, buffer.length);
  if (!isThere) return null;
  const scheme = buffer.toString('utf8', field.start, field.peerStart).replace(/:\/\/$/, '');
  return parsePeer(buffer.toString('utf8', field.peerStart, field.peerEnd), scheme);
}

function isStream(fields: Fields, upstream: PeerAddress | null): boolean {
  return fields.isSession || (upstream !== null && upstream.scheme === '' && fields.method === null);
}
