import type { ServerInUse, UpstreamInUse } from '../contract/upstream.ts';
import { JsonStream } from './envoy-json.ts';
import { makeWordTable } from './envoy-words.ts';
import { parseConfAddress } from './nginx-conf-address.ts';
import { readJson, type UpstreamAnswer, UpstreamAnswerError, UpstreamList } from './upstream-answer.ts';

/** Versions of the API whose upstreams have the fields read here (nginx.org, ngx_http_api_module, Compatibility). */
const NEWEST_VERSION = 9;

/** States of a peer in the API; `other` is one that it did not have when this was written. */
export const PEER_STATES = ['up', 'draining', 'down', 'unavail', 'checking', 'unhealthy', 'other'] as const;
export type PeerState = (typeof PEER_STATES)[number];

export interface PlusAnswer extends UpstreamAnswer {
  /** Peers of the upstreams that were not left out. */
  readonly peers: Readonly<Record<PeerState, number>>;
}

/** Out of service on purpose; the others are in use, or would be if they were well. */
const DRAINING: ReadonlySet<unknown> = new Set(['draining', 'down']);
const LONGEST_ADDRESS = 512;
const ADDRESS_RULES = { defaultPort: null, hasUri: false };
const NO_KEYS = makeWordTable(['peers']);

type Fields = Readonly<Record<string, unknown>>;

/**
 * The newest version that both sides know, of the list that `GET /api/` answers.
 * @throws UpstreamAnswerError when the answer is no such list, or has none.
 */
export function readApiVersion(body: readonly Buffer[]): number {
  const versions = parseJson(body);
  if (!Array.isArray(versions)) throw new UpstreamAnswerError('not a list of API versions');
  const known = versions.filter(
    (version): version is number => Number.isInteger(version) && version >= 1 && version <= NEWEST_VERSION,
  );
  if (known.length === 0) throw new UpstreamAnswerError(`no API version from 1 to ${NEWEST_VERSION}`);
  return Math.max(...known);
}

/**
 * Reads the answers to `/http/upstreams` and `/stream/upstreams`: objects by name of the upstream. A stream upstream whose
 * name an HTTP one has too is called `stream:<name>`.
 * @param answers.stream null: nginx has no streams
 * @param known the upstreams of the answer before
 * @throws UpstreamAnswerError
 */
export function readPlusUpstreams(
  answers: { readonly http: readonly Buffer[]; readonly stream: readonly Buffer[] | null },
  known: ReadonlyMap<string, UpstreamInUse>,
): PlusAnswer {
  const list = new UpstreamList(known);
  const http = readObject(answers.http);
  const stream = answers.stream === null ? {} : readObject(answers.stream);
  const states = new Map<string, readonly PeerState[]>();
  const add = (name: string, upstream: unknown) => {
    const peers = listOf(fieldsOf(upstream).peers);
    if (peers !== null && !list.hasRoomFor(peers.length)) return list.skip('limit');
    list.add(name, readServers(peers));
    states.set(name, peers?.map(readState) ?? []);
  };
  for (const [name, upstream] of Object.entries(http)) add(name, upstream);
  for (const [name, upstream] of Object.entries(stream))
    add(Object.hasOwn(http, name) ? `stream:${name}` : name, upstream);
  return { upstreams: list.upstreams, skipped: list.skipped, peers: countPeers(list.upstreams.keys(), states) };
}

function countPeers(
  names: Iterable<string>,
  states: ReadonlyMap<string, readonly PeerState[]>,
): Record<PeerState, number> {
  const peers = Object.fromEntries(PEER_STATES.map((state) => [state, 0])) as Record<PeerState, number>;
  for (const name of names) for (const state of states.get(name) ?? []) peers[state]++;
  return peers;
}

function readServers(peers: readonly unknown[] | null): readonly ServerInUse[] | null {
  if (peers === null) return null;
  const servers: ServerInUse[] = [];
  for (const peer of peers) {
    const { server, state } = fieldsOf(peer);
    if (typeof server !== 'string' || server.length > LONGEST_ADDRESS) return null;
    const address = parseConfAddress(server, ADDRESS_RULES);
    if (typeof address === 'string') return null;
    const { kind, host, port } = address;
    servers.push({ kind, host, port, place: '', isDraining: DRAINING.has(state) });
  }
  return servers;
}

function readState(peer: unknown): PeerState {
  const { state } = fieldsOf(peer);
  return PEER_STATES.find((known) => known === state) ?? 'other';
}

function readObject(body: readonly Buffer[]): Fields {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UpstreamAnswerError('not an object of upstreams');
  return value as Fields;
}

/** Names of upstreams are keys, so that the document is needed whole; first it is looked whether its depth is sane. */
function parseJson(body: readonly Buffer[]): unknown {
  const guard = new JsonStream(NO_KEYS, { open: () => 0, close: () => {}, scalar: () => {} });
  readJson(() => {
    for (const chunk of body) guard.push(chunk);
    guard.end();
  });
  try {
    return JSON.parse(Buffer.concat(body).toString('utf8'));
  } catch (error) {
    throw new UpstreamAnswerError('not JSON as expected', error);
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}
