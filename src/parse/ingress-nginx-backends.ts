import type { ServerInUse, UpstreamInUse } from '../contract/upstream.ts';
import { type JsonConsumer, type JsonSlice, JsonStream } from './envoy-json.ts';
import { makeWordTable, readUint } from './envoy-words.ts';
import { canonicalIp } from './ip-address.ts';
import { readJson, type UpstreamAnswer, UpstreamAnswerError, UpstreamList } from './upstream-answer.ts';

const KEYS = ['name', 'endpoints', 'address', 'port'] as const;
type Key = (typeof KEYS)[number];
const KEY_TABLE = makeWordTable(KEYS);

/** Container kinds: what the scanner is inside of. 0 is what nobody asks for. */
const BACKENDS = 1;
const BACKEND = 2;
const ENDPOINTS = 3;
const ENDPOINT = 4;

const OPENING_BRACKET = 0x5b;
const HOSTNAME = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?$/i;
/** The controller's own server that answers 404, when no Service is the default backend. */
const DEFAULT_BACKEND = 'upstream-default-backend';
const OWN_ADDRESS = '127.0.0.1';

/**
 * What nginx answers before the controller has sent it any backends: Lua prints its nil
 * (kubernetes/ingress-nginx rootfs/etc/nginx/lua/configuration.lua).
 */
export function isWithoutBackends(body: readonly Buffer[]): boolean {
  return body.length === 1 && body[0].length < 8 && body[0].toString('latin1').trim() === 'nil';
}

/**
 * Streaming reader of `GET /configuration/backends` of ingress-nginx: a list of Backend (pkg/apis/ingress/types.go), of which
 * name and endpoints are kept. Without endpoints the controller leaves the key out; ports are strings; an address is a pod's,
 * a cluster IP (annotation service-upstream) or the host name of a Service of type ExternalName.
 */
export class BackendsReader implements JsonConsumer {
  readonly #stream = new JsonStream(KEY_TABLE, this);
  readonly #list: UpstreamList;
  #isBegun = false;
  #name = '';
  #servers: ServerInUse[] = [];
  #isReadable = true;
  #hasRoom = true;
  #address = '';
  #port = Number.NaN;

  /** `known`: the upstreams of the answer before. */
  constructor(known: ReadonlyMap<string, UpstreamInUse>) {
    this.#list = new UpstreamList(known);
  }

  /** @throws UpstreamAnswerError */
  push(chunk: Buffer): void {
    if (!this.#isBegun) this.#begin(chunk);
    readJson(() => this.#stream.push(chunk));
  }

  /** @throws UpstreamAnswerError when the answer is not complete. */
  end(): UpstreamAnswer {
    readJson(() => this.#stream.end());
    return this.#list;
  }

  #begin(chunk: Buffer): void {
    const first = chunk.find((byte) => byte > 0x20);
    if (first === undefined) return;
    if (first !== OPENING_BRACKET) throw new UpstreamAnswerError('not a list of backends');
    this.#isBegun = true;
  }

  open(parentKind: number, key: number): number {
    if (parentKind === 0) return BACKENDS;
    if (parentKind === BACKENDS) return this.#openBackend();
    if (parentKind === BACKEND && keyOf(key) === 'endpoints') {
      this.#servers = [];
      return ENDPOINTS;
    }
    if (parentKind !== ENDPOINTS) return 0;
    this.#address = '';
    this.#port = Number.NaN;
    return ENDPOINT;
  }

  #openBackend(): number {
    this.#name = '';
    this.#servers = [];
    this.#isReadable = true;
    this.#hasRoom = true;
    return BACKEND;
  }

  close(kind: number): void {
    if (kind === ENDPOINT) this.#closeEndpoint();
    else if (kind === BACKEND && !this.#hasRoom) this.#list.skip('limit');
    else if (kind === BACKEND) this.#list.add(this.#name, this.#isReadable ? this.#ownServersMarked() : null);
  }

  #closeEndpoint(): void {
    const server = readServer(this.#address, this.#port);
    this.#isReadable &&= server !== null;
    this.#hasRoom &&= this.#list.hasRoomFor(this.#servers.length + 1);
    if (server !== null && this.#hasRoom) this.#servers.push(server);
  }

  #ownServersMarked(): readonly ServerInUse[] {
    if (this.#name !== DEFAULT_BACKEND) return this.#servers;
    return this.#servers.map((server) => (server.host === OWN_ADDRESS ? { ...server, kind: 'placeholder' } : server));
  }

  scalar(kind: number, keyNumber: number, slice: JsonSlice): void {
    const key = keyOf(keyNumber);
    if (kind === BACKENDS) this.#list.skip('invalid');
    else if (kind === ENDPOINTS) this.#isReadable = false;
    else if (kind === BACKEND && key === 'name') this.#name = readText(slice);
    else if (kind === BACKEND && key === 'endpoints') this.#isReadable &&= isNull(slice);
    else if (kind === ENDPOINT && key === 'address') this.#address = readText(slice);
    else if (kind === ENDPOINT && key === 'port') this.#port = readUint(slice.buffer, slice.start, slice.end);
  }
}

function keyOf(number: number): Key | undefined {
  return KEYS[number - 1];
}

function readServer(address: string, port: number): ServerInUse | null {
  if (!(port >= 1 && port <= 65_535)) return null;
  const ip = canonicalIp(address.replace(/^\[(.*)\]$/, '$1'));
  if (ip === null && !HOSTNAME.test(address)) return null;
  return { kind: ip === null ? 'hostname' : 'ip', host: ip ?? address, port, place: '', isDraining: false };
}

function readText({ buffer, start, end, isString, escaped }: JsonSlice): string {
  if (!isString) return '';
  const text = buffer.toString('utf8', start, end);
  if (!escaped) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch (error) {
    throw new UpstreamAnswerError('a string with a malformed escape', error);
  }
}

function isNull({ buffer, start, isString }: JsonSlice): boolean {
  return !isString && buffer[start] === 0x6e;
}
