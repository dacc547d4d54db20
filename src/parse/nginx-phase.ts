import { bytes, createSearch, find, resembles, SPACE, standsAt } from './bytes.ts';

/**
 * What nginx was doing (`while …`). `none`: something else, or it does not say; `client`: answering one; `idle`: with a
 * client whose request is not there yet; `ocsp`: asking for the state of a certificate.
 */
export const PHASES = [
  'none',
  'connect',
  'tls_handshake',
  'send_request',
  'read_header',
  'read_body',
  'upgraded',
  'stream_proxy',
  'resolve',
  'client',
  'idle',
  'logging',
  'ocsp',
] as const;
export type Phase = (typeof PHASES)[number];

export const PHASE = Object.fromEntries(PHASES.map((name, index) => [name, index])) as Readonly<Record<Phase, number>>;

/** `log->action` of nginx/nginx src/http and src/stream. Longer texts stand before their own prefixes. */
const ACTIONS: readonly (readonly [string, Phase])[] = [
  ['connecting to upstream', 'connect'],
  ['reading response header from upstream', 'read_header'],
  ['reading upstream', 'read_body'],
  ['sending request to upstream', 'send_request'],
  ['SSL handshaking to upstream', 'tls_handshake'],
  ['SSL handshaking', 'idle'],
  ['proxying upgraded connection', 'upgraded'],
  ['proxying and reading from client', 'client'],
  ['proxying and sending to client', 'client'],
  ['proxying and reading from upstream', 'stream_proxy'],
  ['proxying and sending to upstream', 'stream_proxy'],
  ['proxying connection', 'stream_proxy'],
  ['resolving', 'resolve'],
  ['logging request', 'logging'],
  ['sending to client', 'client'],
  ['sending early hints to client', 'client'],
  ['reading client', 'idle'],
  ['waiting for request', 'idle'],
  ['keepalive', 'idle'],
  ['closing request', 'idle'],
  ['processing HTTP/2 connection', 'idle'],
  ['prereading client data', 'idle'],
  ['reading PROXY protocol', 'idle'],
  ['requesting certificate status', 'ocsp'],
];

const WHILE = bytes(' while ');
const findClient = createSearch(', client: ');
const FIRST_FIELDS = [', udp client: ', ', context: ', ', resolver: ', ', server: '].map(bytes);
interface Action {
  readonly pattern: Uint8Array;
  readonly phase: number;
}

const BY_FIRST_BYTE: (Action[] | undefined)[] = new Array(256).fill(undefined);
for (const [text, phase] of ACTIONS) {
  const pattern = bytes(text);
  BY_FIRST_BYTE[pattern[0]] ??= [];
  BY_FIRST_BYTE[pattern[0]]?.push({ pattern, phase: PHASE[phase] });
}

const FIRST_UPSTREAM_PHASE = PHASE.connect;
const LAST_UPSTREAM_PHASE = PHASE.stream_proxy;
const NO_PHASE = PHASE.none;

/** Phases in which a failure is the upstream attempt's. */
export function isUpstreamPhase(phase: number): boolean {
  return phase >= FIRST_UPSTREAM_PHASE && phase <= LAST_UPSTREAM_PHASE;
}

/** The upstream had answered by then, or is no HTTP one: what the gateway logs of the request is that answer. */
export function isAfterHeader(phase: number): boolean {
  return phase === PHASE.read_body || phase === PHASE.upgraded || phase === PHASE.stream_proxy;
}

/** The phases that say how far an attempt came. */
export const ATTEMPT_PHASES = PHASES.slice(1, 9) as readonly AttemptPhase[];
export type AttemptPhase = Exclude<Phase, 'none' | 'client' | 'idle' | 'logging' | 'ocsp'>;

/** The phase by its index, or null when it is not the upstream's. */
export function attemptPhase(phase: number): AttemptPhase | null {
  return ATTEMPT_PHASES[phase - 1] ?? null;
}

/** Position of the ` while ` of the action, or -1. `end`: where the fields begin, so that nothing of the request is read. */
export function actionAt(buffer: Uint8Array, from: number, end: number): number {
  let at = lastSpace(buffer, from, end - WHILE.length);
  while (at >= 0 && !hasActionAt(buffer, at)) at = lastSpace(buffer, from, at - 1);
  return at;
}

function lastSpace(buffer: Uint8Array, from: number, last: number): number {
  for (let at = last; at >= from; at--) if (buffer[at] === SPACE) return at;
  return -1;
}

export function hasActionAt(buffer: Uint8Array, at: number): boolean {
  return standsAt(buffer, at, WHILE);
}

/** The phase of the action whose ` while ` stands at `at`. */
export function phaseAt(buffer: Uint8Array, at: number): number {
  const action = at + WHILE.length;
  const candidates = BY_FIRST_BYTE[buffer[action]];
  if (candidates === undefined) return NO_PHASE;
  for (let i = 0; i < candidates.length; i++) {
    if (resembles(buffer, action, candidates[i].pattern)) return candidates[i].phase;
  }
  return NO_PHASE;
}

/**
 * Where the message with its errno and action ends and the fields begin: the first `, client: ` (or what a resolver, a
 * timer, a syslog writer puts there). Text that a client can write comes later.
 */
export function messageEnd(buffer: Uint8Array, from: number, end: number): number {
  const client = findClient(buffer, from, end);
  if (client >= 0) return client;
  for (const field of FIRST_FIELDS) {
    const at = find(buffer, from, end, field);
    if (at >= 0) return at;
  }
  return end;
}
