import type { PeerAddress } from '../contract/failure.ts';
import type { Symptom } from '../contract/names.ts';
import type { AccessLine, Limit } from '../parse/access-log/access-line.ts';
import { CONNECT, HEADER, NONE } from '../parse/access-log/attempts.ts';
import type { Interner } from '../parse/interner.ts';
import { parsePeer } from '../parse/peer.ts';

/** What an access line says of a failure. */
export interface AccessFailure {
  readonly symptom: Symptom;
  /** False: the client's fault. */
  readonly failure: boolean;
  readonly peer: PeerAddress | null;
  /** Nothing stands in an error log. */
  readonly isOnlyHere: boolean;
  /** The time of something was over; of what, the format does not tell. */
  readonly isTimeout: boolean;
  /** nginx answered so itself and asked no upstream; null: otherwise, or an upstream was asked. */
  readonly ownStatus: number | null;
  /** A limit has refused the requests: the line says so. */
  readonly isRefused: boolean;
  count: number;
  /** When the requests began and ended, at the earliest and the latest; null: the format does not tell. */
  sinceMs: number | null;
  atMs: number | null;
  /** Of some of the requests. */
  readonly requestIds: string[];
}

const TOO_MANY = 429;
/** What `limit_req_status` and `limit_conn_status` allow begins here. */
const CLIENT_ERROR = 400;
const [SERVER_ERROR, BAD_GATEWAY, GATEWAY_TIMEOUT, CLIENT_GONE] = [500, 502, 504, 499];
/**
 * Where NGINX Gateway Fabric and F5's controller send the requests of a Service without endpoints (502, 503) or of a backend that is
 * not valid (500). nginx itself answers there.
 */
const PLACEHOLDER = /\/nginx-(500|502|503)-server\.sock$/;
const MOST_REQUEST_IDS = 20;
const REQUEST_ID = /^[0-9a-zA-Z-]{1,64}$/;
/** What a time of whole seconds leaves open. */
const SECOND_MS = 999;
/** Of an attempt whose address nginx does not name, and of one that has no room. */
const NOBODY = 0;

type Kind = Pick<AccessFailure, 'symptom' | 'isOnlyHere' | 'isTimeout'> &
  Partial<Pick<AccessFailure, 'failure' | 'ownStatus' | 'isRefused'>>;
const CLIENT_LEFT: Kind = { symptom: 'client_abort', failure: false, isOnlyHere: false, isTimeout: false };
const ANSWERED: Kind = { symptom: 'upstream_5xx', isOnlyHere: true, isTimeout: false };
const UNSAID: Kind = { symptom: 'other', isOnlyHere: false, isTimeout: false };
/** By status: 500 to 599. */
const OWN_5XX: readonly Kind[] = Array.from({ length: 100 }, (_, at) => ({ ...UNSAID, ownStatus: 500 + at }));
const OWN_429: Kind = { ...UNSAID, symptom: 'rate_limited', failure: false, ownStatus: 429 };
/** By the limit: answered with a 5xx, or otherwise. */
const REFUSED: Readonly<Record<Limit, Readonly<Record<'failure' | 'symptom', Kind>>>> = {
  limit_req: refusedKinds('rate_limited'),
  limit_conn: refusedKinds('connection_limited'),
};
const CONNECTING: Kind = { symptom: 'connect_timeout', isOnlyHere: false, isTimeout: true };
const READING: Kind = { symptom: 'response_timeout', isOnlyHere: false, isTimeout: true };
const WAITING: Kind = { symptom: 'other', isOnlyHere: false, isTimeout: true };
const NO_PEER_LEFT: Kind = { symptom: 'no_live_upstreams', isOnlyHere: false, isTimeout: false };
const NO_ENDPOINT: Kind = { symptom: 'no_live_upstreams', isOnlyHere: true, isTimeout: false };
const NOT_VALID: Kind = { symptom: 'other', isOnlyHere: true, isTimeout: false };
const KINDS = [
  ...[
    CLIENT_LEFT,
    ANSWERED,
    UNSAID,
    ...OWN_5XX,
    OWN_429,
    ...Object.values(REFUSED).flatMap(({ failure, symptom }) => [failure, symptom]),
    CONNECTING,
    READING,
    WAITING,
    NO_PEER_LEFT,
    NO_ENDPOINT,
    NOT_VALID,
  ],
] as const;
const NUMBERS = new Map<Kind, number>(KINDS.map((kind, number) => [kind, number]));

/** Numbers alone: V8 allocates nothing to write them. */
interface Tally {
  readonly failure: AccessFailure;
  count: number;
  /** Infinite where nobody says. */
  sinceMs: number;
  atMs: number;
}

interface Address {
  readonly address: PeerAddress | null;
  /** nginx itself answers there. */
  readonly own: Kind | null;
  /** nginx gives the name of the block where it has no server left. */
  readonly isBlock: boolean;
}

/** Failed attempts and 5xx of nginx's own in the access log of one gateway, since they were last drained. */
export class AccessFailures {
  readonly #peers: Interner;
  readonly #byKey = new Map<number, Tally>();
  /** Of other threads, whose peers have other numbers. */
  readonly #added = new Map<string, AccessFailure>();
  /** By number of the peer. */
  readonly #addresses: Address[] = [];
  /** Request ids that are kept. */
  #named = 0;

  constructor(peers: Interner) {
    this.#peers = peers;
  }

  /** Looks at the request that `line` has just read from `buffer`. */
  look(line: AccessLine, buffer: Buffer): void {
    const { status, attempts } = line;
    let hasFailed = false;
    for (let i = 0; i < attempts.count; i++) {
      if (attempts.statuses[i] < SERVER_ERROR) continue;
      hasFailed = true;
      this.#attempt(line, buffer, i);
    }
    if (status < CLIENT_ERROR) return;
    const isOwn = attempts.count === 0;
    const limit = line.refusedBy(buffer);
    if (limit !== null) {
      // The page for refused requests may be an upstream's, which may have failed itself.
      const { failure, symptom } = REFUSED[limit];
      this.#add(status >= SERVER_ERROR && !hasFailed ? failure : symptom, NOBODY, line, buffer);
      if (status !== CLIENT_GONE) return;
    }
    // Without them nobody knows whether the upstream has answered so.
    if ((status < CLIENT_GONE && status !== TOO_MANY) || !line.tellsAttempts) return;
    const mayBeRefused = isOwn && !line.tellsAllLimits;
    if (status === TOO_MANY && mayBeRefused) this.#add(OWN_429, NOBODY, line, buffer);
    else if (status === CLIENT_GONE) this.#add(CLIENT_LEFT, NOBODY, line, buffer);
    else if (status >= SERVER_ERROR && !hasFailed)
      this.#add((mayBeRefused && OWN_5XX[status - SERVER_ERROR]) || UNSAID, NOBODY, line, buffer);
  }

  drain(visit: (failure: AccessFailure) => void): void {
    const all = [...[...this.#byKey.values()].map(totalOf), ...this.#added.values()];
    // What is no failure explains a refused request before a 503 does.
    for (const failure of all) if (!failure.failure) visit(failure);
    for (const failure of all) if (failure.failure) visit(failure);
    this.#byKey.clear();
    this.#added.clear();
    this.#named = 0;
  }

  /** Failures that another thread has drained. */
  add(failure: AccessFailure): void {
    const { symptom, isOnlyHere, isTimeout, ownStatus, isRefused, peer, requestIds } = failure;
    const kind = [symptom, failure.failure, isOnlyHere, isTimeout, ownStatus, isRefused].join(' ');
    const key = `${kind} ${peer?.address} ${peer?.port}`;
    const ids = requestIds.slice(0, MOST_REQUEST_IDS - this.#named);
    this.#named += ids.length;
    const known = this.#added.get(key);
    if (known === undefined) {
      this.#added.set(key, { ...failure, requestIds: ids });
      return;
    }
    known.count += failure.count;
    known.requestIds.push(...ids);
    if (failure.sinceMs !== null) known.sinceMs = Math.min(known.sinceMs ?? failure.sinceMs, failure.sinceMs);
    if (failure.atMs !== null) known.atMs = Math.max(known.atMs ?? failure.atMs, failure.atMs);
  }

  #attempt(line: AccessLine, buffer: Buffer, i: number): void {
    if (!line.tellsAttempts) return;
    const { starts, ends } = line.attempts;
    const peer = starts[i] === ends[i] ? NOBODY : this.#peers.idOf(buffer, starts[i], ends[i]);
    const hasBody = line.responseLength(buffer, i) > 0;
    this.#add(kindOf(line, i, hasBody, this.#addressOf(peer)), peer, line, buffer);
  }

  #add(kind: Kind, peer: number, line: AccessLine, buffer: Buffer): void {
    const key = peer * KINDS.length + NUMBERS.get(kind)!;
    let tally = this.#byKey.get(key);
    if (tally === undefined) {
      tally = newTally(kind, this.#addressOf(peer));
      this.#byKey.set(key, tally);
    }
    tally.count++;
    addTime(tally, line, buffer);
    if (tally.failure.failure && this.#named < MOST_REQUEST_IDS) this.#name(tally.failure, line, buffer);
  }

  #addressOf(peer: number): Address {
    this.#addresses[peer] ??= addressOf(this.#peers.names[peer]);
    return this.#addresses[peer];
  }

  #name(failure: AccessFailure, line: AccessLine, buffer: Buffer): void {
    if (!line.hasRequestId) return;
    const id = line.requestId(buffer);
    if (id === null || !REQUEST_ID.test(id)) return;
    failure.requestIds.push(id);
    this.#named++;
  }
}

function refusedKinds(symptom: Symptom): Readonly<Record<'failure' | 'symptom', Kind>> {
  const failure: Kind = { symptom, isOnlyHere: false, isTimeout: false, isRefused: true };
  return { failure, symptom: { ...failure, failure: false } };
}

/** Only 502 and 504 are nginx's own; an answer of the upstream has a header, and the time of it, and mostly a body. */
function kindOf(line: AccessLine, i: number, hasBody: boolean, { own, isBlock }: Address): Kind {
  const { attempts } = line;
  const status = attempts.statuses[i];
  if (own !== null) return own;
  if (hasBody) return ANSWERED;
  if (attempts.times[HEADER][i] !== NONE && line.hasHeaderTime) return ANSWERED;
  if (status === BAD_GATEWAY) return isBlock ? NO_PEER_LEFT : UNSAID;
  if (status !== GATEWAY_TIMEOUT) return ANSWERED;
  if (!line.hasConnectTime) return WAITING;
  return attempts.times[CONNECT][i] === NONE ? CONNECTING : READING;
}

function addressOf(name: string): Address {
  if (name === '') return { address: null, own: null, isBlock: false };
  const address = parsePeer(name);
  const placeholder = PLACEHOLDER.exec(name)?.[1];
  const own = placeholder === undefined ? null : placeholder === String(SERVER_ERROR) ? NOT_VALID : NO_ENDPOINT;
  return { address, own, isBlock: address.port === null && !name.startsWith('unix:') };
}

function newTally(kind: Kind, { address }: Address): Tally {
  const failure: AccessFailure = {
    ...{ failure: true, ownStatus: null, isRefused: false, ...kind, peer: address },
    ...{ count: 0, sinceMs: null, atMs: null, requestIds: [] },
  };
  return { failure, count: 0, sinceMs: Number.POSITIVE_INFINITY, atMs: Number.NEGATIVE_INFINITY };
}

function addTime(tally: Tally, line: AccessLine, buffer: Buffer): void {
  const endMs = line.timeMs(buffer);
  if (endMs === null) return;
  tally.sinceMs = Math.min(tally.sinceMs, endMs - Math.max(0, line.requestTime) - 1);
  tally.atMs = Math.max(tally.atMs, line.hasMilliseconds ? endMs : endMs + SECOND_MS);
}

function totalOf({ failure, count, sinceMs, atMs }: Tally): AccessFailure {
  return Object.assign(failure, { count }, Number.isFinite(sinceMs) && { sinceMs, atMs });
}
