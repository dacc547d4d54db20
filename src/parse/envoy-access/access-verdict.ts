import { SYMPTOMS, type Symptom } from '../../contract/names.ts';
import { Interner } from '../interner.ts';
import type { AccessField } from './access-fields.ts';
import type { EnvoyAccessLine } from './access-line.ts';
import { type FailsWhen, type ResponseDetails, readResponseDetails } from './response-details.ts';
import { FLAG, type ResponseFlag } from './response-flags.ts';
import { readTransportReason, type TransportReason } from './transport-reason.ts';

const SWITCHING_PROTOCOLS = 101;
const OK = 200;
const CLIENT_ERROR = 400;
const SERVER_ERROR = 500;
const GATEWAY_TIMEOUT = 504;
const CLIENT_GONE = FLAG.DC | FLAG.DR;
/** After the headers they cut an answer short. */
const BREAKING: ReadonlySet<ResponseFlag> = new Set<ResponseFlag>(['UPE', 'UC', 'UR']);
/** A filter asks another service before the upstream, or Envoy has no memory left for the client. */
const NOT_OF_UPSTREAM: ReadonlySet<ResponseFlag> = new Set<ResponseFlag>(['UAEX', 'RLSE', 'OM']);
/** They say something beside the cause: tried again, delayed, from a cache. */
const MODIFIERS = FLAG.URX | FLAG.DI | FLAG.RFCF;

/** `unless_client_error`: a failure with any code but 4xx. `otherwise`: the symptom when it is no failure; null: none. */
interface Meaning {
  readonly flag: ResponseFlag;
  readonly symptom: Symptom;
  readonly fails: FailsWhen | 'unless_client_error';
  readonly otherwise: Symptom | null;
}

/**
 * What each flag says, in order of precedence: of several on one request the first counts, and the request counts once. The
 * client's own faults and what was done on purpose first, then what broke the last attempt, then why none was made, then what
 * filters refused. Where the details name one of the flags themselves, that one counts (they are of the final answer).
 */
export const FLAG_MEANINGS: readonly Meaning[] = [
  meaning('FI', 'fault_injected', 'never', 'fault_injected'),
  // No client's fault is answered with 5xx: Envoy sheds load.
  meaning('DPE', 'other', 'server_error', 'client_bad_request'),
  meaning('IH', 'client_bad_request', 'never', 'client_bad_request'),
  meaning('UF', 'other', 'always'),
  meaning('UPE', 'protocol_error', 'always'),
  meaning('UC', 'premature_close', 'always'),
  meaning('UR', 'reset', 'always'),
  meaning('UT', 'response_timeout', 'always'),
  meaning('UMSDR', 'response_timeout', 'server_error'),
  meaning('UO', 'circuit_open', 'always'),
  meaning('UH', 'no_healthy_upstream', 'always'),
  meaning('DF', 'dns_failure', 'always'),
  meaning('NC', 'no_cluster', 'unless_client_error', 'no_cluster'),
  meaning('OM', 'overload', 'always'),
  meaning('DO', 'overload', 'always'),
  meaning('UDO', 'overload', 'always'),
  meaning('LR', 'local_reset', 'server_error', 'local_reset'),
  // The health check filter refuses: it is told to drain.
  meaning('LH', 'other', 'always'),
  meaning('NFCF', 'other', 'always'),
  // 504: the upstream was waited for. 408: the client.
  meaning('SI', 'response_timeout', 'server_error'),
  meaning('RL', 'rate_limited', 'server_error', 'rate_limited'),
  meaning('RLSE', 'other', 'server_error'),
  // 5xx: the service that should decide did not answer.
  meaning('UAEX', 'other', 'server_error', 'ext_authz_denied'),
  meaning('NR', 'route_not_found', 'never', 'route_not_found'),
  meaning('DT', 'other', 'never'),
];
const FAILED = FLAG_MEANINGS.reduce((bits, { flag, fails }) => (fails === 'never' ? bits : bits | FLAG[flag]), 0);

function meaning(
  flag: ResponseFlag,
  symptom: Symptom,
  fails: Meaning['fails'],
  otherwise: Symptom | null = null,
): Meaning {
  return { flag, symptom, fails, otherwise };
}

const INDEX = Object.fromEntries(SYMPTOMS.map((symptom, index) => [symptom, index])) as Readonly<
  Record<Symptom, number>
>;
/** Different texts that are remembered; others are read each time. */
const MOST_TEXTS = 512;

/** Remembers what texts mean, so that a storm of equal lines makes no strings. */
class Meanings<T> {
  readonly #texts = new Interner(MOST_TEXTS);
  readonly #known: T[] = [];
  readonly #field: AccessField;
  readonly #read: (text: string) => T;

  constructor(field: AccessField, read: (text: string) => T) {
    this.#field = field;
    this.#read = read;
  }

  /** Null: the line says nothing there. */
  of(line: EnvoyAccessLine): T | null {
    if (!line.has(this.#field)) return null;
    const id = this.#texts.idOf(line.buffer, line.start(this.#field), line.end(this.#field));
    if (id === 0) return this.#read(line.text(this.#field) ?? '');
    this.#known[id] ??= this.#read(this.#texts.names[id]);
    return this.#known[id];
  }
}

/** What one access line says: one symptom at most, and whether the request is a failure of the gateway or its upstream. */
export class AccessVerdict {
  /** Index into SYMPTOMS; -1: nothing to say. */
  symptom = -1;
  /** A failed attempt or a 5xx: counts once, whatever the number of flags. */
  failure = false;
  /** Answered with 504, and the line does not say why: Envoy does not flag all that it waited for in vain. */
  isTimeout = false;
  /** The system's error number; 0: none was said. */
  errno = 0;
  /** A filter refused, or the service that it asked failed it: not the upstream of the route. */
  isOfFilter = false;
  /** Envoy answered so itself as it or a filter is told to: nobody else tells of it. */
  isOwn = false;
  readonly #details = new Meanings<ResponseDetails>('response_code_details', readResponseDetails);
  readonly #termination = new Meanings<ResponseDetails>('connection_termination_details', readResponseDetails);
  readonly #transport = new Meanings<TransportReason>('transport_failure_reason', readTransportReason);

  judge(line: EnvoyAccessLine): void {
    this.symptom = -1;
    this.failure = this.isTimeout = false;
    this.errno = 0;
    this.isOfFilter = false;
    this.isOwn = false;
    const code = line.code;
    let flags = line.flags & ~MODIFIERS;
    if (flags === 0 && code > 0 && code < CLIENT_ERROR && !isByDetails(line)) return;
    const details = this.#details.of(line);
    flags = decidedBy(flags, details, code);
    // The breaker allowed no further try: the answer is the upstream's. Envoy's own has no time of a service.
    if (details?.isUpstreams === true || line.has('upstream_service_time')) flags &= ~FLAG.UO;
    // An upgraded connection or a tunnel that ends, whoever ends it.
    const isTunnel = code === SWITCHING_PROTOCOLS || (code === OK && line.text('method') === 'CONNECT');
    if (!isTunnel) this.#judge(line, code, flags, details);
  }

  #judge(line: EnvoyAccessLine, code: number, flags: number, details: ResponseDetails | null): void {
    const isMade = code >= SERVER_ERROR && ((flags & FAILED) !== 0 || details?.isUpstreams === true);
    const alone = details?.symptom ? details : this.#termination.of(line);
    const first = FLAG_MEANINGS.find(({ flag }) => (flags & FLAG[flag]) !== 0);
    if ((flags & CLIENT_GONE) !== 0 && !isMade) this.#say('client_abort', false);
    else if (alone?.symptom && first?.flag !== 'FI') this.#say(alone.symptom, fails(alone.fails, code));
    else if (first !== undefined) this.#sayFlag(first, line, details, code);
    else if (code >= SERVER_ERROR) this.#say(isAnswered(line, details) ? 'upstream_5xx' : 'other', true);
    this.isTimeout = code === GATEWAY_TIMEOUT && this.symptom === INDEX.other && details === null;
    this.isOwn = this.failure && (details?.isOwn === true || (details?.isUnknown === true && isUntried(line)));
    this.isOfFilter ||= this.failure && details?.isOfFilter === true;
  }

  #sayFlag(each: Meaning, line: EnvoyAccessLine, details: ResponseDetails | null, code: number): void {
    if (each.flag === 'UF') this.#sayTransport(this.#transport.of(line), details?.transport ?? null);
    else if (BREAKING.has(each.flag)) this.#say(brokenOff(each, line, details, code), true);
    else if (fails(each.fails, code)) {
      this.isOfFilter = NOT_OF_UPSTREAM.has(each.flag);
      this.#say(each.symptom, true);
    } else if (each.otherwise !== null) this.#say(each.otherwise, false);
  }

  /** The value of its own may be an earlier attempt's: the details are of the last one. */
  #sayTransport(said: TransportReason | null, inDetails: TransportReason | null): void {
    const reason = inDetails ?? said;
    this.errno = reason?.errno ?? 0;
    this.#say(reason?.symptom ?? 'other', true);
  }

  #say(symptom: Symptom, failure: boolean): void {
    this.symptom = INDEX[symptom];
    this.failure = failure;
  }
}

/** Without flags in the format the details are all there is. */
function isByDetails(line: EnvoyAccessLine): boolean {
  return !line.has('response_flags') && !line.has('response_flags_long') && line.has('response_code_details');
}

/** No host of the cluster was chosen, and no flag says why. Without the cluster it may be that of a service which a filter asked. */
function isUntried(line: EnvoyAccessLine): boolean {
  return line.has('upstream_cluster') && line.isNone('upstream_host') && isUnflagged(line);
}

/** The format has flags, and there are none. */
function isUnflagged(line: EnvoyAccessLine): boolean {
  return line.isNone('response_flags') || line.isNone('response_flags_long');
}

function decidedBy(flags: number, details: ResponseDetails | null, code: number): number {
  const said = details?.flags ?? 0;
  if ((flags & said) === 0) return flags | said;
  // The client left after the answer was made: that is not why it was made.
  return (said & CLIENT_GONE) !== 0 && code >= SERVER_ERROR ? flags : said;
}

function fails(when: Meaning['fails'], code: number): boolean {
  if (when === 'server_error') return code >= SERVER_ERROR;
  if (when === 'unless_client_error') return !(code >= CLIENT_ERROR && code < SERVER_ERROR);
  return when === 'always';
}

/** Before the headers or after them; `other` when the line does not tell. */
function brokenOff(
  { symptom }: Meaning,
  line: EnvoyAccessLine,
  details: ResponseDetails | null,
  code: number,
): Symptom {
  if (details !== null && details.flags !== 0) return details.isAfterHeaders ? 'truncated_response' : symptom;
  if (!(code > 0 && code < SERVER_ERROR)) return symptom;
  // An answer of the upstream has a time or a body. Envoy's own to gRPC has code 200 and neither.
  if (line.has('upstream_service_time') || line.number('bytes_sent') > 0) return 'truncated_response';
  return line.isNone('upstream_service_time') && line.number('bytes_sent') === 0 ? symptom : 'other';
}

/**
 * Of a 5xx without a flag: by the details, else by the host that was asked. An answer of its own has the time that it took, unless Envoy is told
 * to hide its headers; without it nobody knows.
 */
function isAnswered(line: EnvoyAccessLine, details: ResponseDetails | null): boolean {
  if (line.has('response_code_details')) return details?.isUpstreams === true;
  return (
    line.has('upstream_host') &&
    !line.isNone('upstream_service_time') &&
    (line.has('response_flags') || isUnflagged(line))
  );
}
